/**
 * Threads that hang, on another version of Node: the debugger, the end of a thread and the addon's last words are all
 * its own.
 */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { nodeBinary } from '../support/node-versions.js';
import { skipped } from '../support/requirements.js';
import { CLI, startServer } from '../support/server.js';

vi.setConfig({ testTimeout: 60_000 });
afterEach(cleanUp);

const hanging = fileURLToPath(new URL('../apps/hanging.js', import.meta.url));
const VERSION = 24;
const node = await nodeBinary(VERSION);
const reason = node === null ? `npm could not fetch node@${VERSION}` : null;

describe.skipIf(skipped(`harakiri on Node ${VERSION}`, reason))(`on Node ${VERSION}`, () => {
  it('a thread that hangs is replaced, and its clients are answered', async () => {
    const instance = await Instance.make();
    const args = instance.args('--wsgi-file', hanging, '--harakiri', '1', '--http-socket', '127.0.0.1:0');
    const server = await startServer({ args, command: [node!, CLI] });
    expect(server.lines.text).toContain(`Node.js version: v${VERSION}.`);
    const other = instance.get('/wait');
    // Sent after it over the same queue.
    expect((await instance.get('/hang')).status).toBe(504);
    expect([503, 504]).toContain((await other).status);
    expect(server.lines.matching(/^ {4}at hangHere \(.*hanging\.js:7:\d+\)$/)).toHaveLength(1);
    await server.lines.waitFor(/^Respawned core 0 of worker 1$/);

    const from = server.lines.position;
    expect((await fetch(`http://${server.addresses[1]}/hang`)).status).toBe(504);
    // Its uWebSockets.js may be one that loads on this version: then the process is the unit.
    await server.lines.waitFor(/^Respawned (?:core 0 of|uWSGI) worker 1/, { from });
    expect((await instance.get('/')).status).toBe(200);
  });
});

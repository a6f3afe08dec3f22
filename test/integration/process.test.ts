/** A JS thread is not a process; what an application knows from one is there all the same. */
import { realpathSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { startEngine } from '../support/engine.js';
import type { RunningServer } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let server: RunningServer;
beforeAll(async () => {
  server = await startEngine('process', 'unix', ['--threads', '2', '--chdir', realpathSync('/tmp')]);
});
afterAll(cleanUp);

const get = async (path: string) =>
  (await request(server.address, { vars: requestVars({ PATH_INFO: path }) })).body.toString();

describe('an application', () => {
  it.each([
    ['may change to the directory that it is in', '/same-directory', 'undefined'],
    ['may not change to another', '/other-directory', 'ERR_WORKER_UNSUPPORTED_OPERATION'],
    ['may have a title', '/title', 'mine'],
    ['is the program, and its own workers are none', '/threads', '[true,null,null,true,[false,"own"]]'],
    ['finds the descriptors of its output', '/descriptors', '1 2'],
  ])('%s', async (_what, path, expected) => {
    expect(await get(path)).toBe(expected);
  });

  it('prints whole lines with the name of its core, whatever pieces it writes', async () => {
    const from = server.lines.position;
    await get('/pieces');
    for (const line of ['one two three', 'four', 'five', 'größer']) {
      await server.lines.waitFor(new RegExp(`^\\[worker 1 core [01]\\] ${line}$`), { from });
    }
  });

  it('is told to stop by the signal that it listens for, may take its time, and may end itself', async () => {
    const slow = get('/slow');
    const exit = await server.stop('SIGTERM');
    expect(exit).toEqual({ code: 0, signal: null });
    expect(await slow).toBe('slow');
    expect(server.lines.matching(/^\[worker 1 core [01]\] told by SIGINT in thread \d+$/)).toHaveLength(2);
    expect(server.lines.matching(/^\[worker 1 core [01]\] done in thread \d+$/)).toHaveLength(2);
    expect(server.lines.matching(/^\[worker 1 core [01]\] exit 0 of thread \d+/)).toHaveLength(2);
  });
});

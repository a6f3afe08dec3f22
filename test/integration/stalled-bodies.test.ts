/** A client that stops sending its request in the middle of the body, for longer than `socket-timeout`. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { startEngine } from '../support/engine.js';
import type { RunningServer } from '../support/server.js';
import { encodePacket, open, readResponse, request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let server: RunningServer;
beforeAll(async () => {
  server = await startEngine('bodies', 'unix', ['--socket-timeout', '1']);
});
afterAll(cleanUp);

async function stallAt(path: string): Promise<Awaited<ReturnType<typeof readResponse>>> {
  const vars = requestVars({
    PATH_INFO: path,
    REQUEST_URI: path,
    REQUEST_METHOD: 'POST',
    CONTENT_LENGTH: '1000000',
  });
  const socket = await open(server.address);
  socket.write(Buffer.concat([encodePacket(vars), Buffer.alloc(200_000, 'x')]));
  return readResponse(socket);
}

describe('an application that waits for the rest', () => {
  it.each(['/read', '/lines'])('is told by an error it may catch, where it blocks: %s', async (path) => {
    const from = server.lines.position;
    expect((await stallAt(path)).status).toBe(500);
    await server.lines.waitFor(
      /POST .*: UwsgiNodeError: wsgi\.input: no byte of the body came for 1 seconds/,
      { from },
    );
  });

  it('has its client answered with 408, where it does not block', async () => {
    const from = server.lines.position;
    const answers = await Promise.all([stallAt('/async'), stallAt('/stream')]);
    expect(answers.map(({ status }) => status)).toEqual([408, 408]);
    await server.lines.waitFor(/not complete after 1 seconds of silence, 200000 bytes had come\.\.\.408/, {
      from,
    });
    await server.lines.waitFor(/wsgi\.input: the request was over before its body was complete/, { from });
  });
});

it('serves the next one', async () => {
  expect((await request(server.address, { vars: requestVars({ PATH_INFO: '/unread' }) })).status).toBe(200);
});

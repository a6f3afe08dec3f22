/** A server that is caught at listen() believes that it listens. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { captureListen } from '../../../src/thread/listen-capture.js';

it('listens once until it is closed, as in Node', async () => {
  const capture = captureListen();
  const server = createServer().listen(1, '192.0.2.1');
  await once(server, 'listening');
  expect(() => server.listen(2)).toThrow(expect.objectContaining({ code: 'ERR_SERVER_ALREADY_LISTEN' }));
  expect([server.address(), capture.call]).toEqual([
    { address: '192.0.2.1', family: 'IPv4', port: 1 },
    'listen(1)',
  ]);
  await new Promise((resolve) => server.close(resolve));
  expect([server.listening, server.address()]).toEqual([false, null]);
  await once(server.listen({ path: '/run/x.sock' }), 'listening');
  expect(server.address()).toBe('/run/x.sock');
});

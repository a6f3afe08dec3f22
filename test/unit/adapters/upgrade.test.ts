/** A connection that has become a pipe, on an engine that only says yes. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { nodeHandler } from '../../../src/adapters/node-http.js';
import { type NativeEngine, Written } from '../../../src/native.js';
import { NativeSink } from '../../../src/thread/native-sink.js';
import { direct } from '../../../src/wsgi/direct.js';
import { WsgiInput } from '../../../src/wsgi/input.js';
import type { Environ } from '../../../src/wsgi/types.js';

const environ = {
  REQUEST_METHOD: 'GET',
  REQUEST_URI: '/',
  SERVER_PROTOCOL: 'HTTP/1.1',
  HTTP_CONNECTION: 'Upgrade',
  HTTP_UPGRADE: 'echo',
  'wsgi.input': new WsgiInput(null, null),
} as unknown as Environ;

function upgrade(take: (socket: Duplex) => void): void {
  const engine = { upgrade: () => true, write: () => Written.done, finish() {}, wantBody() {} };
  const server = createServer().on('upgrade', (_, socket) => take(socket));
  const sink = new NativeSink(engine as unknown as NativeEngine, 7);
  nodeHandler(server)[direct](environ, sink, () => undefined);
}

it.each<[string, (socket: Duplex) => unknown]>([
  ['that nobody reads', () => {}],
  ['that is read', (socket) => socket.resume()],
])('a pipe %s closes when the application has ended it', async (_, read) => {
  const closed = new Promise<boolean>((resolve) => {
    upgrade(async (socket) => {
      read(socket);
      socket.on('close', () => resolve(true));
      socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      await once(socket, 'finish');
      for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
      resolve(false);
    });
  });
  expect(await closed).toBe(true);
});

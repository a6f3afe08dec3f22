/** The socket of an adapted request: cheap until somebody wants a stream, and then one in every respect. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Duplex, finished, pipeline, Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { Peer } from '../../../src/adapters/peer.js';
import { makeResponse } from '../../../src/adapters/response.js';
import { PeerSocket } from '../../../src/adapters/socket.js';
import type { Chunk, Environ, Flow } from '../../../src/wsgi/types.js';

class RecordingPeer implements Peer {
  readonly calls: string[] = [];
  flow: Flow = 'sent';
  drain: () => void = () => {};
  lose: () => void = () => {};

  writeRaw(latin1: string | null, chunk: Chunk | null): Flow {
    this.calls.push(`write ${textOf(latin1, chunk)}`);
    return this.flow;
  }
  endRaw(latin1: string | null, chunk: Chunk | null): Flow {
    this.calls.push(`end ${textOf(latin1, chunk)}`.trimEnd());
    return 'sent';
  }
  abort(): void {
    this.calls.push('abort');
  }
  onDrain(callback: () => void): void {
    this.drain = callback;
  }
  onGone(callback: () => void): void {
    this.lose = callback;
  }
}

/** The body only: the head has a date. */
function textOf(latin1: string | null, chunk: Chunk | null): string {
  const text = (latin1 ?? '') + (chunk === null ? '' : Buffer.from(chunk as string).toString());
  return text.replace(/^HTTP\/1\.1 [\s\S]*?\r\n\r\n/, '(head)');
}

function exchange(server: Server | null = null) {
  const peer = new RecordingPeer();
  const socket = new PeerSocket({ 'wsgi.url_scheme': 'http' } as Environ, peer, server);
  const request = new IncomingMessage(socket as never);
  request.method = 'GET';
  request.httpVersionMajor = request.httpVersionMinor = 1;
  return { peer, socket, request, response: makeResponse(new ServerResponse(request), socket) };
}

const isMade = (socket: PeerSocket) => Object.hasOwn(socket, '_writableState');

it('a response that is whole goes out in one call, and nobody has needed a stream', async () => {
  const { peer, socket, response } = exchange();
  response.setHeader('Content-Type', 'text/plain');
  response.end('hello');
  expect(peer.calls).toEqual(['end (head)hello']);
  await once(response, 'close');
  expect([peer.calls.length, isMade(socket), socket.destroyed, response.writableFinished]).toEqual([
    1,
    false,
    true,
    true,
  ]);
});

it.each([
  ['a Buffer', (response: ServerResponse) => response.end(Buffer.from('hello'))],
  ['write and end', (response: ServerResponse) => response.write('hel') && response.end('lo')],
  ['nothing but an end', (response: ServerResponse) => response.write('hello') && response.end()],
])('so it does as %s', async (_how, answer) => {
  const { peer, response } = exchange();
  answer(response);
  await once(response, 'close');
  expect(peer.calls).toEqual(['end (head)hello']);
});

it('what went out before its end is followed by it', async () => {
  const { peer, response } = exchange();
  response.write('one');
  await new Promise(setImmediate);
  response.end('two');
  await once(response, 'close');
  expect(peer.calls).toEqual(['write (head)one', 'end two']);
});

it('a large response has ended when the peer has taken it', async () => {
  const { peer, response } = exchange();
  peer.flow = 'full';
  response.end(Buffer.alloc(100_000, 'x'));
  await new Promise(setImmediate);
  expect([peer.calls.length, response.writableFinished]).toEqual([1, false]);
  peer.flow = 'sent';
  peer.drain();
  await once(response, 'close');
  expect(peer.calls[1]).toBe('end');
});

it('is drained and finished in the AsyncLocalStorage of who wrote', async () => {
  const { peer, response } = exchange();
  const storage = new AsyncLocalStorage<string>();
  const seen: string[] = [];
  for (const name of ['drain', 'finish', 'close'])
    response.on(name, () => seen.push(`${name} of ${storage.getStore()}`));
  peer.flow = 'full';
  storage.run('writer', () => response.write(Buffer.alloc(100_000)));
  const drained = once(response, 'drain');
  peer.flow = 'sent';
  peer.drain();
  await drained;
  storage.run('writer', () => response.end());
  await once(response, 'close');
  expect(seen).toEqual(['drain of writer', 'finish of writer', 'close of writer']);
});

it('runs the end of whatever prototype the response was given', async () => {
  const { peer, response } = exchange();
  const framework = Object.create(ServerResponse.prototype, {
    end: {
      value(this: ServerResponse, text: string) {
        return ServerResponse.prototype.end.call(this, `${text}!`, 'utf8');
      },
    },
  });
  Object.setPrototypeOf(response, framework);
  response.end('hello');
  await once(response, 'close');
  expect(peer.calls).toEqual(['end (head)hello!']);
});

it('goes the usual way where Node’s own end is called past it', async () => {
  const { peer, response } = exchange();
  ServerResponse.prototype.end.call(response, 'hello', 'utf8');
  await once(response, 'close');
  expect(peer.calls).toEqual(['write (head)hello', 'end']);
});

it('is a Duplex for whoever looks, before and after its end', async () => {
  const { socket, response } = exchange();
  expect(socket).toBeInstanceOf(Duplex);
  const closed = new Promise((resolve) => finished(socket, resolve));
  expect(isMade(socket)).toBe(true);
  response.end('x');
  await closed;
  expect([socket.destroyed, socket.closed, socket.writable]).toEqual([true, true, false]);

  const other = exchange();
  other.response.end('x');
  await once(other.socket, 'close');
  expect([other.socket.closed, other.socket.readableEnded, other.socket.errored]).toEqual([
    true,
    false,
    null,
  ]);
});

it('tells an error and its end once each, made or not', async () => {
  for (const make of [false, true]) {
    const { peer, socket, response } = exchange();
    if (make) expect(socket.readableFlowing).toBeNull();
    const events: string[] = [];
    socket.on('error', ({ message }) => events.push(message)).on('close', () => events.push('close'));
    socket.destroy(new Error('on purpose'));
    socket.destroy(new Error('again'));
    await once(response, 'close');
    expect([events, peer.calls]).toEqual([['on purpose', 'close'], ['abort']]);
  }
});

it('an error of a response ends its connection, and nothing else: as node:http has it', async () => {
  const told: string[] = [];
  const server = createServer().on('clientError', ({ message }) => told.push(message));
  for (const of of [null, server]) {
    const { peer, response } = exchange(of);
    const failing = new Readable({ read: () => failing.destroy(new Error('on purpose')) });
    pipeline(failing, response, (error) => told.push(`pipeline: ${error?.message}`));
    await once(response, 'close');
    expect([peer.calls, response.destroyed]).toEqual([['abort'], true]);
  }
  expect(told.sort()).toEqual(['on purpose', 'pipeline: on purpose', 'pipeline: on purpose']);
});

it('passes on what an application writes to it instead of a response, but no 1xx', async () => {
  const { peer, socket, response } = exchange();
  response.writeProcessing();
  socket.write('HTTP/1.1 200 OK\r\n\r\nraw');
  socket.end();
  await once(socket, 'finish');
  expect(peer.calls).toEqual(['write (head)raw', 'end']);
});

it('lets an application read and write it, as after an upgrade', async () => {
  const peer = new RecordingPeer();
  const socket = new PeerSocket({} as Environ, peer, null);
  // Corked before there is a stream.
  socket.cork();
  socket.write('one ');
  socket.write('two');
  socket.uncork();
  socket.end();
  await once(socket, 'finish');
  expect([peer.calls, socket.bytesWritten]).toEqual([['write one two', 'end'], 7]);
});

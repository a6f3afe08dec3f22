/** What happens between requests and under load: keep-alive, pipelining, slow and lost peers, the way out. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpRequestHandler } from '../../../src/http/engine.js';
import type { BodySource } from '../../../src/wsgi/body-source.js';
import type { ResponseSink } from '../../../src/wsgi/types.js';
import { cleanUp } from '../../support/clean-up.js';
import { engines, head, ok, serve } from './serve.js';

afterEach(cleanUp);

const get = (path: string, ...headers: string[]) =>
  `GET ${path} HTTP/1.1\r\n${['Host: x', ...headers].map((line) => `${line}\r\n`).join('')}\r\n`;

const echoPath: HttpRequestHandler = (environ, sink) => sink.respond(ok, environ.PATH_INFO);

/** A promise and what settles it. */
function signal<T = void>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const MEGABYTE = 1_048_576;

/** Bytes of which each part is different, so that a lost or doubled piece shows. */
function pattern(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
}

describe.each(engines)('%s', (engine) => {
  const onNode = engine === 'node:http' ? it : () => {};

  describe('connections', () => {
    it.each([false, true])('carry many requests (unix: %s)', async (unix) => {
      const served = await serve(engine, echoPath, { unix });
      const client = served.connect();
      for (const path of ['/1', '/2', '/3']) {
        expect((await client.send(get(path)).response()).body).toBe(path);
      }
    });

    it('begin each request with an empty AsyncLocalStorage', async () => {
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      const served = await serve(engine, (environ, sink) => {
        seen.push(storage.getStore());
        storage.enterWith(environ.PATH_INFO);
        sink.respond(ok, 'x');
      });
      const client = served.connect();
      const upload = 'POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx';
      for (const request of [get('/1'), upload, get('/2'), upload]) await client.send(request).response();
      expect(seen).toEqual([undefined, undefined, undefined, undefined]);
    });

    it('answer 503 beyond async unfinished requests, and say so once', async () => {
      const waiting: Array<() => void> = [];
      const both = signal();
      const hold: HttpRequestHandler = (environ, sink) => {
        if (environ.PATH_INFO === '/free') return sink.respond(ok, 'free');
        waiting.push(() => sink.respond(ok, 'waited'));
        if (waiting.length === 2) both.resolve();
      };
      const served = await serve(engine, hold, { async: 2 });
      const held = [1, 2].map(() => served.connect().send(get('/hold')));
      await both.promise;
      for (const client of [1, 2].map(() => served.connect())) {
        expect((await client.send(get('/free')).response()).status).toBe(503);
      }
      expect(served.refused).toEqual([
        '503 Service Unavailable: as many requests as async allows are unanswered',
      ]);
      for (const answer of waiting) answer();
      for (const client of held) expect((await client.response()).body).toBe('waited');
      expect((await served.connect().send(get('/free')).response()).status).toBe(200);
    });

    it('answer pipelined requests in their order', async () => {
      const served = await serve(engine, echoPath);
      const client = served.connect().send(get('/1') + get('/2') + get('/3'));
      for (const path of ['/1', '/2', '/3']) expect((await client.response()).body).toBe(path);
    });

    onNode('answer pipelined requests in their order when the application takes its time', async () => {
      const waiting: Array<() => void> = [];
      const both = signal();
      const served = await serve(engine, (environ, sink) => {
        waiting.push(() => sink.respond(ok, environ.PATH_INFO));
        if (waiting.length === 2) both.resolve();
      });
      const client = served.connect().send(get('/1') + get('/2'));
      await both.promise;
      for (const answer of waiting.reverse()) answer();
      for (const path of ['/1', '/2']) expect((await client.response()).body).toBe(path);
    });

    it('end where the client asks for it', async () => {
      const served = await serve(engine, echoPath);
      const client = served.connect().send(get('/', 'Connection: close'));
      expect((await client.response()).body).toBe('/');
      await client.untilClosed();
    });

    it('end where the client asks for it, after a stream too', async () => {
      const served = await serve(engine, (_, sink) => {
        sink.begin(ok, 'one');
        setImmediate(() => {
          sink.write(' two');
          sink.end();
        });
      });
      const client = served.connect().send(get('/', 'Connection: close'));
      expect((await client.response()).body).toBe('one two');
      await client.untilClosed();
    });

    it('end after every response with http-keepalive = 0', async () => {
      const served = await serve(engine, echoPath, { httpKeepalive: 0 });
      const client = served.connect().send(get('/'));
      const response = await client.response();
      expect(response.header('connection')).toBe('close');
      await client.untilClosed();
    });

    onNode('end after http-keepalive seconds of silence', async () => {
      const served = await serve(engine, echoPath, { httpKeepalive: 1 });
      const client = served.connect().send(get('/'));
      await client.response();
      await client.untilClosed();
    });

    onNode('of HTTP/1.0 end with their response, or are kept on request', async () => {
      const served = await serve(engine, echoPath);
      const closing = served.connect().send('GET / HTTP/1.0\r\n\r\n');
      expect((await closing.response()).body).toBe('/');
      await closing.untilClosed();
      const kept = served.connect();
      for (let round = 0; round < 2; round += 1) {
        kept.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
        expect((await kept.response()).body).toBe('/');
      }
    });

    onNode('of HTTP/1.0 get no chunks, and a reset for what is given up', async () => {
      let sink: ResponseSink | undefined;
      const served = await serve(engine, (_, opened) => {
        sink = opened;
        sink.begin(ok, 'abc');
      });
      const whole = served.connect().send('GET / HTTP/1.0\r\n\r\n');
      await whole.untilReceived('abc');
      sink!.end();
      await whole.untilClosed();
      expect((await whole.response()).body).toBe('abc');
      expect(whole.reset).toBe(false);
      const broken = served.connect().send('GET / HTTP/1.0\r\n\r\n');
      await broken.untilReceived('abc');
      sink!.abort();
      await broken.untilClosed();
      expect(broken.reset).toBe(true);
    });

    onNode('whose head is slow get 408', async () => {
      const served = await serve(engine, echoPath, { socketTimeout: 30, httpHeadersTimeout: 1 });
      const client = served.connect().send('GET / HTTP/1.1\r\nHost:');
      expect((await client.response()).status).toBe(408);
      await client.untilClosed();
      expect(served.refused).toEqual([expect.stringContaining('408')]);
    });

    onNode('whose body is slow get 408', async () => {
      const served = await serve(engine, echoPath, { httpTimeout: 1 });
      const client = served.connect();
      client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na');
      expect((await client.response()).status).toBe(408);
      await client.untilClosed();
    });

    onNode('of which nothing is read any more are given up', async () => {
      const gone = signal();
      const served = await serve(
        engine,
        (_, sink) => {
          sink.onGone(gone.resolve);
          sink.respond(ok, Buffer.alloc(64 * MEGABYTE));
        },
        { httpTimeout: 1 },
      );
      const client = served.connect();
      client.socket.pause();
      client.send(get('/'));
      await gone.promise;
    });
  });

  describe('large responses', () => {
    const size = 12 * MEGABYTE;
    const bytes = pattern(size);
    const string = '0123456789abcdef'.repeat(size / 16);

    /** Writes all of it, waiting whenever the sink is full; answers how often it was. */
    function stream(sink: ResponseSink, length: boolean, piece: number): Promise<number> {
      const plan = length ? head('200 OK', [['Content-Length', String(size)]]) : ok;
      return new Promise((resolve) => {
        let at = 0;
        let full = 0;
        let begun = false;
        const go = () => {
          while (at < size) {
            const chunk = bytes.subarray(at, at + piece);
            at += chunk.length;
            const flow = begun ? sink.write(chunk) : sink.begin(plan, chunk);
            begun = true;
            if (flow === 'gone') return resolve(full);
            if (flow === 'full') {
              full += 1;
              sink.onDrain(go);
              return;
            }
          }
          sink.end();
          resolve(full);
        };
        go();
      });
    }

    const kinds: Array<[name: string, handler: (sink: ResponseSink) => Promise<number> | undefined]> = [
      ['whole', (sink) => void sink.respond(ok, bytes)],
      ['whole, as a string', (sink) => void sink.respond(ok, string)],
      ['of known length, in large pieces', (sink) => stream(sink, true, 3 * MEGABYTE + 1)],
      ['of known length, in small pieces', (sink) => stream(sink, true, 10_007)],
      ['in chunks, large ones', (sink) => stream(sink, false, 3 * MEGABYTE + 1)],
      ['in chunks, small ones', (sink) => stream(sink, false, 10_007)],
    ];
    describe.each([false, true])('unix: %s', (unix) => {
      it.each(kinds)('%s: reach a reader that begins late', async (name, handler) => {
        let full: Promise<number> | undefined;
        const started = signal();
        const served = await serve(
          engine,
          (_, sink) => {
            full = handler(sink);
            started.resolve();
          },
          { unix },
        );
        const client = served.connect();
        client.socket.pause();
        client.send(get('/'));
        await started.promise;
        client.socket.resume();
        const response = await client.response();
        const wanted = name.includes('string') ? string : bytes.toString('latin1');
        // Not toBe: a difference of megabytes takes minutes to print.
        expect(response.body === wanted).toBe(true);
        if (full !== undefined) expect(await full).toBeGreaterThan(0);
        expect((await client.send(get('/')).response()).status).toBe(200);
      });
    });

    it('go on after a pause of the application, with nothing kept back', async () => {
      const paused = signal<ResponseSink>();
      const served = await serve(engine, (_, sink) => {
        sink.begin(ok, bytes.subarray(0, 8 * MEGABYTE));
        sink.onDrain(() => paused.resolve(sink));
      });
      const client = served.connect().send(get('/'));
      const sink = await paused.promise;
      // All of it arrives while the application is silent.
      await client.untilReceived(bytes.subarray(8 * MEGABYTE - 1_000, 8 * MEGABYTE).toString('latin1'));
      sink.write('the end');
      sink.end();
      expect((await client.response()).body.slice(-7)).toBe('the end');
    });
  });

  describe('large request bodies', () => {
    const size = 12 * MEGABYTE;
    const bytes = pattern(size);
    const request = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`;

    it('are read synchronously from a file that has no name', async () => {
      let files: string[] = [];
      const served = await serve(engine, (_, sink, body) => {
        files = readdirSync(tmpdir()).filter((name) => name.startsWith('uwsgi-node-body-'));
        const source = body as BodySource & { readSync(max: number): Buffer };
        const parts: Buffer[] = [];
        for (;;) {
          const part = source.readSync(1_000_003);
          if (part.length === 0) break;
          parts.push(part);
        }
        sink.respond(ok, String(Buffer.concat(parts).equals(bytes)));
      });
      const client = served.connect().send(request);
      client.socket.write(bytes);
      expect((await client.response()).body).toBe('true');
      expect(files).toEqual([]);
    });

    it('are read asynchronously, chunk by chunk', async () => {
      const served = await serve(engine, (_, sink, body) => {
        const source = body as BodySource;
        const parts: Buffer[] = [];
        expect(source.length).toBe(size);
        const next = (chunk: Buffer | null) => {
          if (chunk === null) return sink.respond(ok, String(Buffer.concat(parts).equals(bytes)));
          parts.push(chunk);
          source.read(next);
        };
        source.read(next);
      });
      const client = served.connect().send(request);
      client.socket.write(bytes);
      expect((await client.response()).body).toBe('true');
    });

    it('end with the response', async () => {
      const after = signal<Buffer | null>();
      let rest: Buffer | undefined;
      const served = await serve(engine, (_, sink, body) => {
        const source = body as BodySource & { readSync(max: number): Buffer };
        source.readSync(10);
        sink.respond(ok, '');
        setTimeout(() => {
          rest = source.readSync(10);
          source.read(after.resolve);
        }, 10);
      });
      const client = served.connect().send(request);
      client.socket.write(bytes);
      await client.response();
      expect(await after.promise).toBeNull();
      expect(rest).toHaveLength(0);
    });

    it('are forgotten when the client leaves in their midst', async () => {
      let called = false;
      const served = await serve(engine, () => {
        called = true;
      });
      const client = served.connect().send(request);
      await new Promise((resolve) => client.socket.write(bytes.subarray(0, MEGABYTE), resolve));
      client.socket.destroy();
      await served.front.drain();
      expect(called).toBe(false);
    });
  });

  describe('a client that leaves', () => {
    it.each([false, true])('is noticed while the application works (unix: %s)', async (unix) => {
      const running = signal<ResponseSink>();
      const served = await serve(engine, (_, sink) => running.resolve(sink), { unix });
      const client = served.connect().send(get('/'));
      const sink = await running.promise;
      const gone = signal();
      sink.onGone(gone.resolve);
      client.socket.destroy();
      await gone.promise;
      expect(sink.begin(ok, 'a')).toBe('gone');
      expect(sink.write('a')).toBe('gone');
      sink.end();
      sink.abort();
      sink.respond(ok, '');
      const late = signal();
      sink.onGone(late.resolve);
      sink.onDrain(late.resolve);
      await late.promise;
    });

    it('is noticed by who waits for room', async () => {
      const full = signal<ResponseSink>();
      const served = await serve(engine, (_, sink) => {
        const flow = sink.begin(ok, Buffer.alloc(32 * MEGABYTE));
        expect(flow).toBe('full');
        full.resolve(sink);
      });
      const client = served.connect();
      client.socket.pause();
      client.send(get('/'));
      const sink = await full.promise;
      const room = signal();
      sink.onDrain(room.resolve);
      client.socket.destroy();
      await room.promise;
      expect(sink.write('a')).toBe('gone');
    });

    it('while a body is on its way is told to its source', async () => {
      const running = signal<BodySource>();
      const served = await serve(engine, (_, __, body) => running.resolve(body as BodySource), {
        postBuffering: 1,
      });
      const client = served.connect().send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab');
      const source = await running.promise;
      const gone = signal();
      source.onGone(gone.resolve);
      client.socket.destroy();
      await gone.promise;
      source.onGone(gone.resolve);
    });
  });

  describe('drain', () => {
    it('resolves at once where nobody is', async () => {
      const served = await serve(engine, echoPath);
      await served.front.drain();
    });

    it('closes idle connections, and accepts none', async () => {
      const served = await serve(engine, echoPath);
      const idle = served.connect();
      await idle.send(get('/')).response();
      await served.front.drain();
      await idle.untilClosed();
    });

    it('lets the running request finish, and its connection with it', async () => {
      const running = signal<ResponseSink>();
      const served = await serve(engine, (_, sink) => running.resolve(sink));
      const busy = served.connect().send(get('/'));
      const sink = await running.promise;
      let over = false;
      const drained = served.front.drain().then(() => {
        over = true;
      });
      await new Promise(setImmediate);
      expect(over).toBe(false);
      sink.respond(ok, 'done');
      const response = await busy.response();
      expect(response.body).toBe('done');
      expect(response.header('connection')).toBe('close');
      await drained;
      await busy.untilClosed();
    });

    it('answers what came over an idle connection in its last moments, and closes it then', async () => {
      const served = await serve(engine, (environ, sink) => {
        if (environ.PATH_INFO === '/early') late.send(get('/late'));
        sink.respond(ok, environ.PATH_INFO);
      });
      const [early, late] = [served.connect(), served.connect()];
      for (const client of [early, late]) await client.send(get('/')).response();
      // At the end of the last call one client sends a request, and the other while that is served.
      setTimeout(() => setImmediate(() => early.send(get('/early'))), 100);
      const drained = served.front.drain();
      for (const [client, path] of [
        [early, '/early'],
        [late, '/late'],
      ] as const) {
        const response = await client.response();
        expect([response.body, response.header('connection')]).toEqual([path, 'close']);
        await client.untilClosed();
        expect(client.reset).toBe(false);
      }
      await drained;
    });

    it('lets a large response reach its slow reader', async () => {
      const size = 12 * MEGABYTE;
      const begun = signal();
      const served = await serve(engine, (_, sink) => {
        sink.respond(ok, Buffer.alloc(size, 'x'));
        begun.resolve();
      });
      const client = served.connect();
      client.socket.pause();
      client.send(get('/'));
      await begun.promise;
      const drained = served.front.drain();
      client.socket.resume();
      expect((await client.response()).body).toHaveLength(size);
      await drained;
    });

    it('waits for a body that is still arriving', async () => {
      const served = await serve(engine, (_, sink, body) => sink.respond(ok, String(body)));
      const client = served.connect();
      client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n');
      expect((await client.response()).status).toBe(100);
      const drained = served.front.drain();
      client.send('abc');
      expect((await client.response()).body).toBe('abc');
      await drained;
    });
  });
});

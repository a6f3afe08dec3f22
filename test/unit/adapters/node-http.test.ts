/** Handlers as plain applications: whoever calls them brings an environ and a startResponse, and reads what they return. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { finished, PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { fetchHandler } from '../../../src/adapters/fetch.js';
import { nodeHandler } from '../../../src/adapters/node-http.js';
import { WsgiInput } from '../../../src/wsgi/input.js';
import type { Application, Environ, Header } from '../../../src/wsgi/types.js';

interface Asked {
  body?: string;
  /** Bytes after which the reader leaves. */
  leaveAfter?: number;
  changes?: Record<string, unknown>;
}

/** What another application gets from one request. */
async function ask(application: Application, { body = '', leaveAfter = Infinity, changes = {} }: Asked = {}) {
  const logged: string[] = [];
  const gone = new AbortController();
  const environ = {
    REQUEST_METHOD: 'GET',
    SCRIPT_NAME: '',
    PATH_INFO: '/',
    QUERY_STRING: '',
    REQUEST_URI: '/',
    SERVER_PROTOCOL: 'HTTP/1.1',
    CONTENT_TYPE: '',
    CONTENT_LENGTH: '',
    REMOTE_ADDR: '192.0.2.1',
    REMOTE_PORT: '4711',
    HTTP_HOST: 'example.org',
    'wsgi.url_scheme': 'http',
    'wsgi.input': new WsgiInput(Buffer.from(body), null),
    'wsgi.errors': { write: (text: string) => logged.push(text), writelines() {}, flush() {} },
    'uwsgi.signal': gone.signal,
    ...changes,
  } as unknown as Environ;
  let status = '';
  let headers: readonly Header[] = [];
  const returned = await application(environ, (given, list) => {
    status = given;
    headers = list;
    return () => true;
  });
  let text = '';
  let error: unknown = null;
  try {
    for await (const chunk of returned as AsyncIterable<string | Uint8Array>) {
      text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      if (text.length >= leaveAfter) break;
    }
  } catch (thrown) {
    error = thrown;
  }
  const named = (name: string) =>
    headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
  return { status, headers, named, text, error, logged };
}

const handle = (listener: (request: IncomingMessage, response: ServerResponse) => unknown, asked?: Asked) =>
  ask(nodeHandler(listener as RequestListener), asked);

describe('a request', () => {
  const facts = async (changes: Record<string, unknown>) => {
    let seen: unknown;
    await handle(
      (request, response) => {
        const { url, method, httpVersion, headers, socket } = request;
        const { remoteAddress, remotePort, remoteFamily } = socket;
        const { encrypted = false } = socket as { encrypted?: boolean };
        seen = { url, method, httpVersion, headers, remoteAddress, remotePort, remoteFamily, encrypted };
        response.end();
      },
      { changes },
    );
    return seen as Record<string, unknown> & { headers: Record<string, string> };
  };

  it.each([
    ['REQUEST_URI as it is', { REQUEST_URI: '/a%2Fb?c=%20', PATH_INFO: '/a/b' }, '/a%2Fb?c=%20'],
    [
      'no part of SCRIPT_NAME taken away',
      { REQUEST_URI: '/x/y', SCRIPT_NAME: '/x', PATH_INFO: '/y' },
      '/x/y',
    ],
    ['the part behind its mount', { REQUEST_URI: '/x/y?z', 'uwsgi.mountpoint': '/x' }, '/y?z'],
    ['a slash at its mount', { REQUEST_URI: '/x?z', 'uwsgi.mountpoint': '/x' }, '/?z'],
    [
      'what PATH_INFO tells, where the mount was written another way',
      { REQUEST_URI: '/xy/../%78/y%2Fz?q', PATH_INFO: '/y/z', QUERY_STRING: 'q', 'uwsgi.mountpoint': '/x' },
      '/y/z?q',
    ],
    [
      'what PATH_INFO tells, without a REQUEST_URI',
      { REQUEST_URI: undefined, PATH_INFO: '/a b?\u00c3\u00bc', QUERY_STRING: 'q' },
      '/a%20b%3F%C3%BC?q',
    ],
  ])('has as URL %s', async (_what, changes, url) => {
    expect((await facts(changes)).url).toBe(url);
  });

  it('has the headers of the client, the true length and type, and none that were not sent', async () => {
    const changes = {
      HTTP_X_LONG_NAME: 'v',
      HTTP_CONTENT_LENGTH: '99',
      HTTP_TRANSFER_ENCODING: 'chunked',
      CONTENT_LENGTH: '0',
    };
    expect((await facts(changes)).headers).toEqual({
      host: 'example.org',
      'x-long-name': 'v',
      'content-length': '0',
    });
  });

  it('knows the client, and that it came over TLS', async () => {
    expect(await facts({ 'wsgi.url_scheme': 'https' })).toMatchObject({
      remoteAddress: '192.0.2.1',
      remotePort: 4711,
      remoteFamily: 'IPv4',
      encrypted: true,
    });
  });

  it('is one of HTTP/1.1, whatever front server and client speak', async () => {
    expect((await facts({ SERVER_PROTOCOL: 'HTTP/2.0' })).httpVersion).toBe('1.1');
    expect((await facts({ SERVER_PROTOCOL: 'HTTP/1.0' })).httpVersion).toBe('1.0');
  });

  it('has its body, also one that another application has put there', async () => {
    const echo = (request: IncomingMessage, response: ServerResponse) => request.pipe(response);
    expect((await handle(echo, { body: 'a body' })).text).toBe('a body');
    const changes = { 'wsgi.input': [Buffer.from('in '), Buffer.from('pieces')] };
    expect((await handle(echo, { changes })).text).toBe('in pieces');
  });
});

describe('a response', () => {
  it('has its status and headers, and the length where it is known', async () => {
    const { status, named, text } = await handle((_request, response) => {
      response.statusMessage = 'Made';
      response.writeHead(201, { 'Set-Cookie': ['a=1', 'b=2'], Connection: 'keep-alive' });
      response.end('größer');
    });
    expect([status, named('set-cookie'), named('content-length'), named('connection')]).toEqual([
      '201 Made',
      ['a=1', 'b=2'],
      [],
      [],
    ]);
    expect(text).toBe('größer');
    const simple = await handle((_request, response) => response.end('größer'));
    expect(simple.named('content-length')).toEqual(['8']);
  });

  it.each([
    ['setHeader', (response: ServerResponse) => response.setHeader('Transfer-Encoding', 'chunked')],
    ['writeHead', (response: ServerResponse) => response.writeHead(200, { 'transfer-encoding': 'chunked' })],
    ['a flat list', (response: ServerResponse) => response.writeHead(200, ['Trailer', 'X', 'A', 'b'])],
    [
      'a list of pairs',
      (response: ServerResponse) => response.writeHead(200, [['Transfer-Encoding', 'chunked']] as never),
    ],
  ])('is never framed: %s', async (_how, begin) => {
    const { text, named } = await handle((_request, response) => {
      begin(response);
      response.write('not ');
      response.end('framed');
    });
    expect([text, named('transfer-encoding'), named('trailer')]).toEqual(['not framed', [], []]);
  });

  const events = 'text/event-stream; charset=utf-8';
  it.each<[how: string, begin: (response: ServerResponse) => unknown]>([
    ['an object', (response) => response.writeHead(200, { 'Content-Type': events })],
    ['a list', (response) => response.writeHead(200, ['X', 'y', 'content-type', events])],
    ['pairs', (response) => response.writeHead(200, [['CONTENT-TYPE', events]] as never)],
    ['a header that was set', (response) => response.setHeader('Content-Type', events)],
  ])('of events is not to be buffered, which %s says', async (_how, begin) => {
    const answer = await handle((_request, response) => {
      begin(response);
      response.end('data: 1\n\n');
    });
    expect(answer.named('x-accel-buffering')).toEqual(['no']);
  });

  it('of events is buffered where it says so itself', async () => {
    const { named } = await handle((_request, response) => {
      response.setHeader('X-Accel-Buffering', 'yes');
      response.writeHead(200, { 'Content-Type': events }).end();
    });
    expect(named('x-accel-buffering')).toEqual(['yes']);
  });

  it('waits for its reader, and drains', async () => {
    let drained = 0;
    const { text } = await handle(async (_request, response) => {
      for (let part = 0; part < 50; part++) {
        if (response.write('x'.repeat(20_000))) continue;
        await new Promise((resume) => response.once('drain', resume));
        drained++;
      }
      response.end();
    });
    expect(text.length).toBe(1_000_000);
    expect(drained).toBeGreaterThan(5);
  });

  it('finishes and closes, each once and in this order', async () => {
    const events: string[] = [];
    const over = new Promise<void>((resolve) => {
      void handle((request, response) => {
        for (const name of ['finish', 'close']) response.on(name, () => events.push(name));
        request.on('close', () => {
          events.push('request close');
        });
        response.on('close', () => setImmediate(resolve));
        response.end('x');
      });
    });
    await over;
    expect(events.filter((name) => name !== 'request close')).toEqual(['finish', 'close']);
  });

  it('is the end of its request also for who asks only then', async () => {
    let onFinished: (error: unknown) => void = () => {};
    let seen: boolean[] = [];
    const asked = new Promise((resolve) => {
      onFinished = resolve;
    });
    const { text } = await handle(
      (request, response) => {
        response.on('close', () => {
          seen = [request.destroyed, request.readable];
          setImmediate(() => finished(request, onFinished));
        });
        response.end('ok');
      },
      { body: 'never read' },
    );
    expect([text, await asked, seen]).toEqual(['ok', undefined, [false, true]]);
  });

  it('that comes before all of its request is no abort of it, until it has closed', async () => {
    const seen: unknown[] = [];
    const closed = new Promise((resolve) => {
      void handle(
        (request, response) => {
          const look = (when: string) => seen.push([when, request.readableAborted, request.destroyed]);
          response.on('finish', () => look('finish'));
          response.on('close', () => look('close'));
          request.on('close', () => {
            look('end');
            resolve(null);
          });
          response.writeHead(413).end();
        },
        { changes: { CONTENT_LENGTH: '10', 'wsgi.input': new PassThrough() } },
      );
    });
    await closed;
    expect(seen).toEqual([
      ['finish', false, false],
      ['close', false, false],
      ['end', true, true],
    ]);
  });

  it('does not end a request that is still read', async () => {
    let onData: (chunk: Buffer) => void = () => {};
    const read = new Promise((resolve) => {
      onData = resolve;
    });
    await handle(
      (request, response) => {
        response.end('ok');
        request.on('data', onData);
      },
      { body: 'read late' },
    );
    expect(String(await read)).toBe('read late');
  });

  it('closes its request also where `_dump` only looks whether the body was pushed (Node 26)', async () => {
    await new Promise<void>((resolve) => {
      void handle((request, response) => {
        Object.assign(request, { _dump: () => request.read(0) }).on('close', resolve);
        response.end('x');
      });
    });
  });

  it('is closed, and its request aborted, when the reader leaves', async () => {
    const events: string[] = [];
    await new Promise<void>((resolve) => {
      const listener = (request: IncomingMessage, response: ServerResponse) => {
        request.on('aborted', () => events.push('aborted'));
        response.on('finish', () => events.push('finish'));
        response.on('close', () => {
          events.push('close');
          resolve();
        });
        response.write('x'.repeat(10));
      };
      void handle(listener, { leaveAfter: 10 });
    });
    expect(events).toEqual(['aborted', 'close']);
  });

  it.each([
    [
      'thrown',
      () => {
        throw new Error('on purpose');
      },
    ],
    [
      'rejected',
      async () => {
        throw new Error('on purpose');
      },
    ],
  ])('of an error that was %s is a 500, and the log has it', async (_how, listener) => {
    const { status, text, logged } = await handle(listener);
    expect([status, text]).toEqual(['500 Internal Server Error', 'Internal Server Error\n']);
    expect(logged.join('')).toContain('on purpose');
  });

  it('that is broken off is no complete one', async () => {
    const { error } = await handle((_request, response) => {
      response.writeHead(200, { 'Content-Length': '10' });
      response.write('x');
      response.destroy();
    });
    expect(error).not.toBeNull();
  });
});

it('an application that ends its socket without a response gives none', async () => {
  const { status, error } = await handle(({ socket }) => socket.end());
  expect([status, (error as Error).message]).toEqual(['', 'the response was broken off']);
});

it('tells Node’s diagnostics channels of its requests, and lets subscribers get between', async () => {
  const told: unknown[] = [];
  const names = ['http.server.request.start', 'http.server.response.finish'];
  const patched = new Set<Server>();
  const tell = (message: unknown, name: string | symbol) => {
    const { request, response, server, socket } = message as {
      [name: string]: unknown;
      request: IncomingMessage;
      response: ServerResponse;
      server: Server;
    };
    told.push([name, request.url, response.req === request && request.socket === socket]);
    if (patched.has(server)) return;
    patched.add(server);
    const emit = server.emit as (...values: unknown[]) => boolean;
    server.emit = (...values: unknown[]) => {
      told.push(values[0]);
      return emit.apply(server, values);
    };
  };
  for (const name of names) subscribe(name, tell);
  const each = [[names[0], '/', true], 'request', [names[1], '/', true]];
  for (const how of ['server', 'listener']) {
    told.length = 0;
    await new Promise((resolve) => {
      const listener = async (_: unknown, response: ServerResponse) => {
        response.on('close', resolve);
        response.end('ok');
      };
      const application = how === 'server' ? createServer(listener) : listener;
      void ask(nodeHandler(application as RequestListener));
    });
    expect(told).toEqual(each);
  }
  const failed = await handle(async () => Promise.reject(new Error('on purpose')));
  for (const name of names) unsubscribe(name, tell);
  expect([failed.status, failed.logged.join()]).toEqual([
    '500 Internal Server Error',
    expect.stringContaining('on purpose'),
  ]);
});

it('runs the listeners of a server', async () => {
  const server = createServer((request, response) => response.end(`${request.url} of a server`));
  expect((await ask(nodeHandler(server))).text).toBe('/ of a server');
});

describe('a fetch handler', () => {
  it('gets the request and gives the response', async () => {
    const application = fetchHandler(async (request) => {
      const body = await request.text();
      return new Response(`${request.method} ${request.url} ${body}`, {
        status: 202,
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ],
      });
    });
    const changes = { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '4' };
    const { status, named, text } = await ask(application, { body: 'body', changes });
    expect([status.slice(0, 3), named('set-cookie'), text]).toEqual([
      '202',
      ['a=1', 'b=2'],
      'POST http://example.org/ body',
    ]);
  });

  it.each([
    [{ SERVER_NAME: 'example.org', SERVER_PORT: '8080' }, 'http://example.org:8080/ null'],
    [{ SERVER_NAME: '', SERVER_PORT: '443', 'wsgi.url_scheme': 'https' }, 'https://localhost/ null'],
    [{ SERVER_NAME: 'example.org', SERVER_PORT: '80', HTTP_HOST: '' }, 'http://example.org/ '],
  ])('of a client that names no host has the server’s name in its URL: %j', async (facts, expected) => {
    const application = fetchHandler(({ url, headers }) => new Response(`${url} ${headers.get('host')}`));
    expect((await ask(application, { changes: { HTTP_HOST: undefined, ...facts } })).text).toBe(expected);
  });

  it('gets a request that another can be made of', async () => {
    const application = fetchHandler((request) => {
      const changed = new Request(request, { headers: { 'x-changed': 'yes' } });
      return new Response(`${changed.method} ${changed.headers.get('x-changed')}`);
    });
    expect((await ask(application)).text).toBe('GET yes');
  });

  it('may be a method', async () => {
    const object = {
      word: 'this',
      fetch() {
        return new Response(this.word);
      },
    };
    expect((await ask(fetchHandler(object))).text).toBe('this');
  });
});

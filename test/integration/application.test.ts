/** What an application does wrong, waits for, prints and keeps, in the built server. */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { startEngine, transports } from '../support/engine.js';
import type { RunningServer } from '../support/server.js';
import {
  encodePacket,
  encodeRequest,
  open,
  readResponse,
  request,
  requestVars,
} from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const to = (path: string, query = '') =>
  requestVars({ PATH_INFO: path, QUERY_STRING: query, REQUEST_URI: `${path}?${query}` });

describe.each(transports)('an error, over %s', (transport) => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startEngine('errors', transport);
  });
  afterAll(cleanUp);

  it.each([
    ['/sync', /^GET \/sync\?: Error: on purpose: sync$/],
    ['/async', /^GET \/async\?: Error: on purpose: async$/],
    ['/generator', /^GET \/generator\?: Error: on purpose: generator$/],
    ['/not-started', /: the application returned or sent a body without having called start_response/],
    [
      '/bad-header',
      /: start_response: the value of A must be a latin-1 string without CR, LF or NUL, not 'b\\r\\nC: d'$/,
    ],
    ['/no-body', /: the application returned 5: a body is a string/],
    ['/short', /: the body ended after 5 of the 100 bytes of its Content-Length/],
    ['/text', /^GET \/text\?: 'a string\\nof two lines'$/],
  ])('before the first byte is a 500, with its stack in the log: %s', async (path, line) => {
    const from = server.lines.position;
    const { status, body, reset } = await request(server.address, { vars: to(path) });
    expect([status, body.toString(), reset]).toEqual([500, 'Internal Server Error\n', false]);
    await server.lines.waitFor(line, { from });
    if (path !== '/text') await server.lines.waitFor(/^ {4}at .*\.c?js:\d+/, { from });
  });

  it.each(['/after-head', '/async-after-head'])(
    'after the first byte makes the peer notice, with its stack in the log: %s',
    async (path) => {
      const from = server.lines.position;
      const { status, body } = await request(server.address, { vars: to(path) });
      // Over TCP a reset says it, too (test/native), which libuv may take for an end.
      expect(status === 0 || body.length < 100).toBe(true);
      await server.lines.waitFor(/on purpose: (async )?after head$/, { from });
    },
  );

  it('of a body that is too long cuts it and is named in the log', async () => {
    const from = server.lines.position;
    const { status, body } = await request(server.address, { vars: to('/long', '4') });
    expect([status, body.toString()]).toEqual([200, 'much']);
    await server.lines.waitFor(/the body is longer than its Content-Length of 4 bytes/, { from });
  });

  it('cannot be used to forge lines of the log', async () => {
    const from = server.lines.position;
    const evil = { PATH_INFO: '/sync', REQUEST_URI: '/a\nDAMN ! forged', REQUEST_METHOD: 'GET\nDAMN !' };
    await request(server.address, { vars: requestVars(evil) });
    await server.lines.waitFor(/^GET\\x0aDAMN ! \/a\\x0aDAMN ! forged: Error: on purpose: sync$/, { from });
    expect(server.lines.matching(/^DAMN/)).toEqual([]);
  });
});

describe('a peer that leaves while the application waits', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startEngine('waiting', 'unix', ['--post-buffering', '10']);
  });
  afterAll(cleanUp);

  async function leave(path: string, options: { afterHead: boolean; body?: string }): Promise<number> {
    const from = server.lines.position;
    const socket = await open(server.address);
    socket.write(
      encodeRequest({ vars: to(path), ...(options.body && { body: options.body }) }).subarray(0, 1_000),
    );
    if (options.afterHead) await once(socket, 'readable');
    else await request(server.address, { modifier1: 100 });
    socket.destroy();
    return from;
  }

  it('fires uwsgi.signal', async () => {
    const from = await leave('/signal', { afterHead: false });
    await server.lines.waitFor(/\bsignal fired: true$/, { from });
  });

  it('fires it and cancels a stream that waits for its next chunk', async () => {
    const from = await leave('/stream', { afterHead: true });
    await server.lines.waitFor(/\bstream: signal fired$/, { from });
    await server.lines.waitFor(/\bstream: cancelled$/, { from });
  });

  it('closes a body that waits for room', async () => {
    const from = await leave('/endless', { afterHead: true });
    await server.lines.waitFor(/\bendless: closed$/, { from });
  });

  it('ends the request body with an error', async () => {
    const from = await leave('/body', { afterHead: false, body: 'x'.repeat(10_000) });
    await server.lines.waitFor(/\bbody: UWSGI_INPUT_ABORTED$/, { from });
  });

  it('is no error when the application passes the signal on', async () => {
    const from = await leave('/fetch', { afterHead: false });
    await leave('/signal', { afterHead: false });
    await server.lines.waitFor(/\bsignal fired: true$/, { from });
    expect(server.lines.all.slice(from).filter((line) => /Error/.test(line))).toEqual([]);
  });
});

describe('an AsyncLocalStorage', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startEngine('storage', 'unix');
  });
  afterAll(cleanUp);

  it.each(['/run', '/enter-with'])(
    'is empty at the start of a request and its own all the way: %s',
    async (path) => {
      for (let round = 0; round < 3; round++) {
        const ids = Array.from({ length: 20 }, (_, i) => `${round}-${i}`);
        const answers = await Promise.all(ids.map((id) => request(server.address, { vars: to(path, id) })));
        expect(answers.map(({ body }) => body.toString())).toEqual(
          ids.map((id) => `undefined ${id} ${id} ${id} ${id}`),
        );
      }
    },
  );

  it('is its own while a body streams in, too', async () => {
    const sockets = await Promise.all(Array.from({ length: 5 }, () => open(server.address)));
    const answers = sockets.map((socket) => readResponse(socket));
    sockets.forEach((socket, i) => {
      socket.write(encodePacket({ ...to('/enter-with', String(i)), CONTENT_LENGTH: '100000' }));
    });
    for (const socket of sockets) socket.write(Buffer.alloc(100_000));
    for (const [i, answer] of answers.entries()) {
      expect((await answer).body.toString()).toBe(`undefined ${i} ${i} ${i} ${i}`);
    }
  });
});

describe('what an application prints', () => {
  afterEach(cleanUp);

  it('appears in the output of the server, whichever way it takes', async () => {
    const server = await startEngine('printing', 'unix');
    await request(server.address);
    for (const line of [
      'while loading',
      'by console.log',
      'by console.error',
      'by stdout.write',
      'by stderr.write',
      'by wsgi.errors',
    ]) {
      await server.lines.waitFor(new RegExp(`\\bprinted ${line.replace('.', '\\.')}$`));
    }
    await server.lines.waitFor(/^first of writelines$/);
    await server.lines.waitFor(/^second of writelines$/);
  });
});

describe('a thread that dies', () => {
  afterEach(cleanUp);

  /** A peer in every state a connection can be in, and what it must see when the thread goes. */
  const states: [state: string, bytes: () => Buffer, sees: number | 'its end'][] = [
    ['has connected and sent nothing', () => Buffer.alloc(0), 'its end'],
    ['is sending its packet', () => encodePacket(to('/')).subarray(0, 10), 503],
    [
      'is sending a body that is to be complete',
      () => encodePacket({ ...to('/'), CONTENT_LENGTH: '100' }),
      503,
    ],
    ['waits for its response', () => encodePacket(to('/later', '20000')), 503],
    ['has got half of it', () => encodePacket(to('/halves', '20000')), 'its end'],
    ['reads its response slowly', () => encodePacket(to('/large')), 'its end'],
    [
      'has not sent all of a body that nobody read',
      () => encodePacket({ ...to('/'), CONTENT_LENGTH: '1000000' }),
      200,
    ],
  ];

  it.each([
    ['an uncaught exception', '/throw', /died, uncaught exception/],
    ['process.exit()', '/exit', /died, process\.exit\(3\) was called/],
  ])('of %s leaves no peer waiting, and the next request is served', async (_, path, line) => {
    const server = await startEngine('behaviours', 'unix', ['--socket-timeout', '20']);
    const workers = server.workers;
    const peers = await Promise.all(
      states.map(async ([state, bytes]) => {
        const socket = await open(server.address);
        if (/slowly/.test(state)) socket.pause();
        socket.write(bytes());
        return socket;
      }),
    );
    // Sent after them over the same queue: when it is answered they have all been seen.
    await request(server.address, { vars: to('/') });
    const answers = peers.map((socket) => readResponse(socket));
    await request(server.address, { vars: to(path) });
    for (const socket of peers) socket.resume();
    for (const [i, [state, , sees]] of states.entries()) {
      const { status, body } = await answers[i]!;
      if (sees !== 'its end') expect([state, status]).toEqual([state, sees]);
      // What had begun must not look complete.
      else
        expect([state, /second|THE END/.test(body.toString('latin1', body.length - 20))]).toEqual([
          state,
          false,
        ]);
    }
    await server.lines.waitFor(line);
    expect((await request(server.address, { vars: to('/') })).status).toBe(200);
    expect(server.workers).toEqual(workers);
  });
});

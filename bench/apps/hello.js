/** The benchmark's application for uwsgi-node; hello.py is the same in Python. */
import { pbkdf2Sync } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

const HELLO = "<h1 style='color:blue'>Hello There!</h1>";
const CHUNK = Buffer.alloc(65536, 'x');
const BIG_CHUNKS = 1600;
const BODIES = { '/10k': Buffer.alloc(10_000, 'x'), '/1m': Buffer.alloc(1_000_000, 'x') };
const WAIT_MS = 5;

/** Rounds that take 20 ms of CPU, measured by the bench. */
const SLOW_ROUNDS = Number(process.env.BENCH_SLOW_ROUNDS ?? 40_000);

export function application(environ, startResponse) {
  const path = environ.PATH_INFO;
  if (path === '/') {
    startResponse('200 OK', [['Content-Type', 'text/html']]);
    return [HELLO];
  }
  return routes[path](environ, startResponse);
}

function body(environ, startResponse) {
  startResponse('200 OK', [['Content-Type', 'application/octet-stream']]);
  return [BODIES[environ.PATH_INFO]];
}

const routes = {
  '/10k': body,
  '/1m': body,

  /** What an API answers: made anew for every request. */
  '/json'(environ, startResponse) {
    startResponse('200 OK', [['Content-Type', 'application/json']]);
    const items = Array.from({ length: 10 }, (_, id) => ({ id, name: `item ${id}`, price: id * 1.5 }));
    return [JSON.stringify({ path: environ.PATH_INFO, items })];
  },

  /** As a handler that asks a database. */
  async '/wait'(_environ, startResponse) {
    await setTimeout(WAIT_MS);
    startResponse('200 OK', [['Content-Type', 'text/html']]);
    return [HELLO];
  },

  /** Burns 20 ms of this thread's CPU, however long that takes on a busy machine. */
  '/slow'(_environ, startResponse) {
    pbkdf2Sync('password', 'salt', SLOW_ROUNDS, 32, 'sha256');
    startResponse('200 OK', [['Content-Type', 'text/html']]);
    return [HELLO];
  },

  /** Keeps this thread busy for as many milliseconds as the query string says. */
  '/burn'(environ, startResponse) {
    const end = performance.now() + Number(environ.QUERY_STRING);
    while (performance.now() < end);
    startResponse('200 OK', [['Content-Type', 'text/html']]);
    return [HELLO];
  },

  /** 100 MB in 64 KiB chunks. */
  '/big'(_environ, startResponse) {
    startResponse('200 OK', [
      ['Content-Type', 'application/octet-stream'],
      ['Content-Length', String(BIG_CHUNKS * CHUNK.length)],
    ]);
    return bigBody();
  },

  /** Reads the whole body and answers its length. */
  '/upload'(environ, startResponse) {
    const body = environ['wsgi.input'];
    let length = 0;
    for (let chunk = body.read(65536); chunk.length > 0; chunk = body.read(65536)) length += chunk.length;
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return [String(length)];
  },

  async '/upload-async'(environ, startResponse) {
    let length = 0;
    for await (const chunk of environ['wsgi.input']) length += chunk.length;
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return [String(length)];
  },
};

function* bigBody() {
  for (let i = 0; i < BIG_CHUNKS; i++) yield CHUNK;
}

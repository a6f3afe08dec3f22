/** Requests that hang, wait and stream, one per path; for the tests of harakiri. */
import { execFileSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';

function hangHere() {
  for (;;);
}

const behaviours = {
  '/': () => `${process.pid} ${threadId}`,
  '/hang': () => hangHere(),
  /** Hangs outside of what the server has called. */
  '/hang-later': async () => {
    await wait(50);
    hangHere();
  },
  /** As native code that does not end. */
  '/native': () => execFileSync('sleep', ['30']),
  /** As a thread that waits for another one. */
  '/atomics': () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  '/forever': () => new Promise(() => {}),
  /** Waits, and says in the log when its signal fires. */
  '/wait': async ({ 'uwsgi.signal': signal, REQUEST_URI }) => {
    signal.addEventListener('abort', () => console.log(`aborted: ${REQUEST_URI}`));
    await wait(30_000, null, { ref: false });
  },
  /** Longer than the time of a request, but never silent for as long. */
  '/slow-stream': async function* () {
    for (let i = 0; i < 5; i += 1) {
      yield `${i} `;
      await wait(400);
    }
  },
  /** Begins, and stops. */
  '/half': async function* () {
    yield 'half ';
    await wait(30_000, null, { ref: false });
  },
  /** More than sockets hold. */
  '/large': () => Buffer.alloc(16 << 20, 'x'),
  /** The same in pieces, as the reader takes them. */
  '/large-stream': function* () {
    for (let i = 0; i < 256; i += 1) yield Buffer.alloc(65_536, 'x');
  },
  '/body': async ({ 'wsgi.input': input }) => {
    let size = 0;
    for await (const chunk of input) size += chunk.length;
    return String(size);
  },
  /** The heap of this thread alone. */
  '/heap': () => {
    const kept = [];
    for (;;) kept.push(new Array(10_000).fill(kept.length));
  },
};

export function application(environ, startResponse) {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return behaviours[environ.PATH_INFO](environ);
}

/** Writes down which thread begins which request, then does what the path says. The answer to all is `done ID`. */
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';

const behaviours = {
  '/quick': (id) => `done ${id}`,
  '/later': async (id) => {
    await wait(Number(id) % 50);
    return `done ${id}`;
  },
  '/stream': async function* (id) {
    yield 'done';
    await wait(Number(id) % 300);
    yield ' ';
    yield id;
  },
  '/stuck': () => {
    for (;;);
  },
  /** The process dies. */
  '/crash': () => {
    process.kill(process.pid, 'SIGSEGV');
    for (;;);
  },
  /** The thread dies. */
  '/throw': async () => {
    setImmediate(() => {
      throw new Error('thrown by chaos');
    });
    await wait(60_000);
  },
};

export function application({ PATH_INFO, QUERY_STRING: id }, startResponse) {
  appendFileSync(process.env.CHAOS_JOURNAL, `${id} ${process.pid} ${threadId}\n`);
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return behaviours[PATH_INFO](id);
}

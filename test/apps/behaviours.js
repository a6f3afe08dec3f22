/** One behaviour per path, for the tests of processes and threads. */
import { execFileSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';

const behaviours = {
  '/': () => `${process.pid} ${threadId}`,
  /** Answers after as many milliseconds as the query string says. */
  '/later': async ({ QUERY_STRING }) => {
    await wait(Number(QUERY_STRING));
    return 'late';
  },
  /** Sends the first half at once, the second one as much later as the query string says. */
  '/halves': async function* ({ QUERY_STRING }) {
    yield 'first ';
    await wait(Number(QUERY_STRING));
    yield 'second';
  },
  /** More than any socket holds. */
  '/large': () => `${'x'.repeat(20_000_000)}THE END`,
  '/stuck': () => {
    for (;;);
  },
  '/throw': () => {
    setImmediate(() => {
      throw new Error('thrown outside of any request');
    });
    return 'thrown';
  },
  '/heap': () => {
    const kept = [];
    for (;;) kept.push(new Array(10_000).fill(kept.length));
  },
  '/exit': () => process.exit(3),
  '/print': () => {
    console.log('printed on stdout');
    console.error('printed on stderr');
    return 'printed';
  },
  '/crash': () => {
    process.kill(process.pid, 'SIGSEGV');
    for (;;);
  },
  /** Leaves a process without a parent, and tells its pid. It ends after a moment. */
  '/orphan': () => execFileSync('sh', ['-c', 'sleep 0.2 >/dev/null & echo $!']),
  /** As abort(3) in an addon does; Node lets no thread call process.abort(). */
  '/abort': () => {
    process.kill(process.pid, 'SIGABRT');
    for (;;);
  },
  '/working-directory': () => process.cwd(),
  '/identity': () => `${process.getuid()} ${process.getgid()} ${process.getgroups()}`,
  '/environment': ({ QUERY_STRING }) => String(process.env[QUERY_STRING]),
};

export function application(environ, startResponse) {
  const behaviour = behaviours[environ.PATH_INFO];
  startResponse(behaviour ? '200 OK' : '404 Not Found', [['Content-Type', 'text/plain']]);
  return behaviour ? behaviour(environ) : 'no such behaviour';
}

/** One behaviour per path, for the tests of the HTTP front. */
import { setTimeout as wait } from 'node:timers/promises';

const MEGABYTE = 1_048_576;

const behaviours = {
  '/': () => 'hello',
  '/process': () => String(process.pid),
  '/environ': (environ) => {
    const vars = Object.entries(environ).filter(([, value]) => typeof value === 'string');
    return JSON.stringify(Object.fromEntries(vars));
  },
  /** The body again, read as Python would. */
  '/echo': (environ) => environ['wsgi.input'].read(),
  '/length': (environ) => String(environ['wsgi.input'].read().length),
  '/large': () => Buffer.alloc(100 * MEGABYTE, 'x'),
  '/chunks': async function* () {
    for (let i = 0; i < 1_000; i += 1) yield `${i}\n`;
  },
  /** Answers after as many milliseconds as the query string says. */
  '/later': async ({ QUERY_STRING }) => {
    await wait(Number(QUERY_STRING));
    return 'late';
  },
  /** Ends when the client leaves, and says so in the log. */
  '/leave': (environ) =>
    new Promise((resolve) => {
      environ['uwsgi.signal'].addEventListener('abort', () => {
        environ['wsgi.errors'].write('the client has left\n');
        resolve('');
      });
      environ['wsgi.errors'].write('the client is waited for\n');
    }),
};

export function application(environ, startResponse) {
  const behaviour = behaviours[environ.PATH_INFO];
  startResponse(behaviour ? '200 OK' : '404 Not Found', [['Content-Type', 'text/plain']]);
  return behaviour ? behaviour(environ) : 'no such behaviour';
}

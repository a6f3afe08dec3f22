/** Errors that nobody catches, by the path; `?with=listener` style is in uncaught-listener.js. */
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

const later = () => new Promise((resolve) => setTimeout(resolve, 5));
const never = new Promise(() => {});
const events = new EventTarget();

const failures = {
  '/exception': () => {
    setTimeout(() => {
      throw new RangeError('on purpose: exception');
    }, 5);
    return never;
  },
  '/rejection': () => {
    later().then(() => {
      throw new TypeError('on purpose: rejection');
    });
    return never;
  },
  '/after-head': async function* () {
    yield 'the first half';
    setTimeout(() => {
      throw new Error('on purpose: after head');
    }, 5);
    await never;
  },
  '/signal': (environ) => {
    environ['uwsgi.signal'].addEventListener('abort', () => console.log('the signal fired'));
    later().then(() => Promise.reject('on purpose: not an error'));
    return never;
  },
  '/waiting': async () => {
    await once(events, 'go on');
    return 'waited';
  },
  '/go-on': () => {
    events.dispatchEvent(new Event('go on'));
    return 'gone on';
  },
  '/thrown': () => {
    throw new RangeError('on purpose: thrown');
  },
  '/': () => 'fine',
};

// Belongs to no request.
process.on('SIGTERM', async () => {
  setTimeout(() => {
    throw new Error('on purpose: outside');
  }, 1);
  await wait(50);
  process.exit();
});

export function application(environ, startResponse) {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return failures[environ.PATH_INFO](environ);
}

export function listener(request, response) {
  if (request.url === '/') return response.end('fine');
  request.on('close', () => console.log(`closed: ${request.url}, aborted: ${request.aborted}`));
  if (request.url === '/after-head') response.write('the first half');
  setTimeout(() => {
    throw new RangeError('on purpose: exception');
  }, 5);
}

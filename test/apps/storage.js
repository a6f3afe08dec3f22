/** What an AsyncLocalStorage holds at every step of a request; each puts its QUERY_STRING into it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as wait } from 'node:timers/promises';

const storage = new AsyncLocalStorage();

async function* steps(before) {
  yield `${before} ${storage.getStore()}`;
  for (let i = 0; i < 3; i++) {
    await wait(Math.random() * 5);
    yield ` ${storage.getStore()}`;
  }
}

export function application(environ, startResponse) {
  const before = storage.getStore();
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  if (environ.PATH_INFO === '/run') {
    return storage.run(environ.QUERY_STRING, async () => {
      const parts = [];
      for await (const part of steps(before)) parts.push(part);
      return parts;
    });
  }
  storage.enterWith(environ.QUERY_STRING);
  return steps(before);
}

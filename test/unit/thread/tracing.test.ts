import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, expect, it } from 'vitest';
import { findOpenTelemetry } from '../../../src/thread/opentelemetry.js';
import { type RequestEvent, Tracing } from '../../../src/thread/tracing.js';
import type { Environ, ResponseHead } from '../../../src/wsgi/types.js';

const environ = { PATH_INFO: '/a' } as Environ;
const end = 'uwsgi-node:request:end';
const heard: RequestEvent[] = [];
const listener = (event: unknown) => void heard.push(event as RequestEvent);
afterEach(() => {
  heard.length = 0;
  unsubscribe(end, listener);
});

it('watches no request while nobody listens, and begins when somebody does', () => {
  const tracing = new Tracing(null);
  expect(tracing.begin(environ)).toBeNull();
  subscribe(end, listener);
  expect(tracing.begin(environ)).not.toBeNull();
  unsubscribe(end, listener);
  expect(tracing.begin(environ)).toBeNull();
});

it('tells of the end once the response is over, and whoever was to be told before', () => {
  subscribe(end, listener);
  const told: unknown[] = [];
  const finished = new Tracing(null).begin(environ)!.watchEnd((head, bytes) => told.push(head?.code, bytes));
  expect(heard).toEqual([]);
  finished({ code: 201 } as ResponseHead, 5);
  expect(heard).toMatchObject([{ environ, status: 201, bytes: 5, traceparent: null }]);
  expect(told).toEqual([201, 5]);
});

it('lets a subscriber bind a store that is active while the application runs', () => {
  const storage = new AsyncLocalStorage<Environ>();
  const start = channel('uwsgi-node:request:start');
  start.bindStore(storage, (event) => (event as RequestEvent).environ);
  let seen: Environ | undefined;
  new Tracing(null).begin(environ)!.run(() => {
    seen = storage.getStore();
  });
  start.unbindStore(storage);
  expect(seen).toBe(environ);
});

it('finds no OpenTelemetry where nobody registered a provider', () => {
  expect(findOpenTelemetry([process.cwd()])).toBeNull();
});

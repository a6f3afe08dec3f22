/** Prints what this server tells of its requests: events of diagnostics_channel, spans of a provider made of nothing. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as wait } from 'node:timers/promises';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';

const active = new AsyncLocalStorage();
context.setGlobalContextManager({
  active: () => active.getStore() ?? ROOT_CONTEXT,
  with: (ctx, call, self, ...args) => active.run(ctx, () => call.apply(self, args)),
  bind: (_ctx, target) => target,
  enable() {},
  disable() {},
});
trace.setGlobalTracerProvider({
  getTracer: () => ({
    startSpan(name, { kind, attributes }, ctx) {
      const parent = trace.getSpanContext(ctx);
      const told = { name, kind, attributes: { ...attributes }, parent: parent?.spanId, errors: [] };
      return {
        spanContext: () => ({
          traceId: parent?.traceId ?? '1'.repeat(32),
          spanId: '2'.repeat(16),
          traceFlags: 1,
        }),
        setAttribute: (key, value) => Object.assign(told.attributes, { [key]: value }),
        setStatus: ({ code }) => Object.assign(told, { status: code }),
        recordException: (error) => told.errors.push(String(error)),
        end: () => console.log(`span ${JSON.stringify(told)}`),
      };
    },
  }),
});

const kept = new WeakMap();
subscribe('uwsgi-node:request:start', (event) => kept.set(event, 'kept'));
subscribe('uwsgi-node:request:error', ({ environ, error }) => {
  console.log(`error of ${environ.PATH_INFO}: ${error.message}`);
});
subscribe('uwsgi-node:request:end', (event) => {
  const { environ, traceparent, status, bytes, duration } = event;
  const words = [
    environ.PATH_INFO,
    status,
    bytes,
    traceparent?.traceId ?? 'none',
    kept.get(event),
    duration >= 0,
  ];
  console.log(`end of ${words.join(' ')}`);
});
subscribe('uwsgi-node:request:harakiri', ({ environ, duration }) => {
  console.log(`harakiri of ${environ.PATH_INFO} ${duration >= 1_000}`);
});
subscribe('uwsgi-node:reload', () => console.log('told of a reload'));
subscribe('uwsgi-node:stop', () => console.log('told of a stop'));

export async function application(environ, startResponse) {
  await wait(1);
  if (environ.PATH_INFO.startsWith('/hang')) await new Promise(() => {});
  if (environ.PATH_INFO === '/error') throw new TypeError('on purpose');
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return trace.getActiveSpan()?.spanContext().traceId ?? 'no span';
}

/**
 * A server span of OpenTelemetry around each request, active while the application runs: where the application has
 * registered a provider with @opentelemetry/api, which is not a dependency of this package. Names and attributes are
 * those of the semantic conventions for HTTP spans, 1.23 and later.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Api from '@opentelemetry/api';
import type { Environ } from '../wsgi/types.js';
import { parseTraceParent } from './traceparent.js';

/** One request's span. */
export interface ServerSpan {
  /** Calls with the span active. */
  run(call: () => void): void;
  recordError(error: unknown): void;
  /** @param status 0: there was no response */
  end(status: number): void;
}

export type StartSpan = (environ: Environ) => ServerSpan;

/** Where every copy of the API keeps what was registered with it. */
const registry = Symbol.for('opentelemetry.js.api.1');

/**
 * Null where no provider is registered in this thread.
 *
 * @param nearby files or directories whose packages are looked through for the API
 */
export function findOpenTelemetry(nearby: readonly string[]): StartSpan | null {
  const registered = (globalThis as { [registry]?: { trace?: unknown } })[registry];
  if (registered?.trace === undefined) return null;
  for (const place of nearby) {
    try {
      return serverSpans(createRequire(join(place, 'x'))('@opentelemetry/api') as typeof Api);
    } catch {
      // Not installed there.
    }
  }
  return null;
}

export function serverSpans(api: typeof Api): StartSpan {
  const tracer = api.trace.getTracer('uwsgi-node');
  return (environ) => {
    const parent = callerOf(api, environ);
    const method = knownMethod(environ.REQUEST_METHOD);
    const span = tracer.startSpan(
      method === '_OTHER' ? 'HTTP' : method,
      { kind: api.SpanKind.SERVER, attributes: attributesOf(environ, method) },
      parent,
    );
    const active = api.trace.setSpan(parent, span);
    return {
      run: (call) => api.context.with(active, call),
      recordError(error) {
        const exception = error instanceof Error ? error : String(error);
        span.recordException(exception);
        span.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
        span.setStatus({ code: api.SpanStatusCode.ERROR, message: String(error) });
      },
      end(status) {
        if (status === 0) span.setAttribute('error.type', 'aborted');
        else span.setAttribute('http.response.status_code', status);
        if (status === 0 || status >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR });
        span.end();
      },
    };
  };
}

/** By the propagator that was registered; without one, by the header that every tracer knows. */
function callerOf(api: typeof Api, environ: Environ): Api.Context {
  const extracted = api.propagation.extract(api.ROOT_CONTEXT, environ, {
    get: (vars, name) => {
      const value = vars[`HTTP_${name.toUpperCase().replaceAll('-', '_')}`];
      return typeof value === 'string' ? value : undefined;
    },
    keys: (vars) => Object.keys(vars).filter((name) => name.startsWith('HTTP_')),
  });
  if (api.trace.getSpanContext(extracted) !== undefined) return extracted;
  const header = parseTraceParent(environ.HTTP_TRACEPARENT);
  if (header === null) return extracted;
  const { traceId, parentId, sampled } = header;
  const traceFlags = sampled ? api.TraceFlags.SAMPLED : api.TraceFlags.NONE;
  return api.trace.setSpanContext(extracted, { traceId, spanId: parentId, traceFlags, isRemote: true });
}

const methods = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
]);

/** A client chooses the method: only known ones may be names of spans. */
const knownMethod = (method: string) => (methods.has(method) ? method : '_OTHER');

function attributesOf(environ: Environ, method: string): Api.Attributes {
  const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, SERVER_PROTOCOL } = environ;
  const [address, port] = serverOf(environ);
  return {
    'http.request.method': method,
    ...(method === '_OTHER' && { 'http.request.method_original': REQUEST_METHOD }),
    'url.scheme': environ['wsgi.url_scheme'],
    'url.path': SCRIPT_NAME + PATH_INFO,
    ...(QUERY_STRING !== '' && { 'url.query': QUERY_STRING }),
    ...(address !== '' && { 'server.address': address }),
    ...(port !== '' && { 'server.port': Number(port) }),
    ...text('client.address', environ.REMOTE_ADDR),
    ...text('user_agent.original', environ.HTTP_USER_AGENT),
    'network.protocol.version': SERVER_PROTOCOL.replace(/^HTTP\//, '').replace(/^([23])\.0$/, '$1'),
  };
}

/** Whom the client asked for: the Host header, else what the front server is called. */
function serverOf({ HTTP_HOST, SERVER_NAME, SERVER_PORT }: Environ): [address: string, port: string] {
  const host = typeof HTTP_HOST === 'string' ? /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(HTTP_HOST) : null;
  const port = /^\d+$/.test(String(SERVER_PORT)) ? String(SERVER_PORT) : '';
  return host === null
    ? [typeof SERVER_NAME === 'string' ? SERVER_NAME : '', port]
    : [host[1]!, host[2] ?? port];
}

function text(name: string, value: unknown): Api.Attributes {
  return typeof value === 'string' && value !== '' ? { [name]: value } : {};
}

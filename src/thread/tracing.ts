/**
 * Tells whoever listens in this thread what becomes of its requests: subscribers of diagnostics_channel, and
 * OpenTelemetry. While nobody listens a request costs three looks at a channel.
 */
import { channel } from 'node:diagnostics_channel';
import type { EndOfRequest } from '../log/request-log.js';
import type { ErrorReport } from '../wsgi/call.js';
import type { Environ } from '../wsgi/types.js';
import type { ServerSpan, StartSpan } from './opentelemetry.js';
import { parseTraceParent, type TraceParent } from './traceparent.js';

/** What is published of a request: one object from its start to its end, so that subscribers can keep something by it. */
export interface RequestEvent {
  readonly environ: Environ;
  /** From the header `traceparent`. */
  readonly traceparent: TraceParent | null;
  /** `performance.now()` when the application was called. */
  readonly startTime: number;
  /** With `error` and after it: what was thrown. */
  error?: unknown;
  /** With `end`: of the response; 0 where there was none. */
  status?: number;
  /** With `end`: bytes of the response's body. */
  bytes?: number;
  /** With `end`: milliseconds. */
  duration?: number;
}

const requestStart = channel('uwsgi-node:request:start');
const requestError = channel('uwsgi-node:request:error');
const requestEnd = channel('uwsgi-node:request:end');
const requestHarakiri = channel('uwsgi-node:request:harakiri');
const reload = channel('uwsgi-node:reload');
const stop = channel('uwsgi-node:stop');

/** The thread takes no more requests: another takes its place, or the server stops. */
export function publishDrain(isReplaced: boolean): void {
  const channel = isReplaced ? reload : stop;
  if (channel.hasSubscribers) channel.publish({});
}

/** The request was ended because it took too long; its end follows. @param duration milliseconds */
export function publishHarakiri(environ: Environ, duration: number): void {
  if (requestHarakiri.hasSubscribers) requestHarakiri.publish({ environ, duration });
}

export class Tracing {
  readonly #startSpan: StartSpan | null;

  constructor(startSpan: StartSpan | null) {
    this.#startSpan = startSpan;
  }

  /** Null: nobody wants to know. */
  begin(environ: Environ): RequestTrace | null {
    const isWanted =
      this.#startSpan !== null ||
      requestStart.hasSubscribers ||
      requestEnd.hasSubscribers ||
      requestError.hasSubscribers;
    return isWanted ? new RequestTrace(environ, this.#startSpan?.(environ) ?? null) : null;
  }
}

export class RequestTrace {
  readonly #event: RequestEvent;
  readonly #span: ServerSpan | null;

  constructor(environ: Environ, span: ServerSpan | null) {
    const traceparent = parseTraceParent(environ.HTTP_TRACEPARENT);
    this.#event = { environ, traceparent, startTime: performance.now() };
    this.#span = span;
  }

  /** Calls the application. What subscribers have bound to the start (`bindStore`) and the span are active within. */
  run(call: () => void): void {
    const started = () => requestStart.runStores(this.#event, call);
    if (this.#span === null) started();
    else this.#span.run(started);
  }

  /** The same report, watched. */
  watch(report: ErrorReport): ErrorReport {
    return (error, environ) => {
      this.#event.error = error;
      this.#span?.recordError(error);
      if (requestError.hasSubscribers) requestError.publish(this.#event);
      return report(error, environ);
    };
  }

  /** Who is told of the end of the response: this, and whoever wanted to be told before. */
  watchEnd(finished: EndOfRequest | null): EndOfRequest {
    return (head, bytes, ending) => {
      finished?.(head, bytes, ending);
      const status = head?.code ?? 0;
      this.#span?.end(status);
      if (!requestEnd.hasSubscribers) return;
      const duration = performance.now() - this.#event.startTime;
      requestEnd.publish(Object.assign(this.#event, { status, bytes, duration }));
    };
  }
}

/**
 * Errors that nobody caught: exceptions outside of a request's own call, rejected promises that nobody awaits. By default
 * they end the thread, as they would end a process, and it is replaced; with `uncaught-errors = continue` they end the
 * request that caused them. Either way the log names that request, as well as it can be known.
 */

import { uncaught } from '../log/startup.js';
import { log } from '../log/stderr.js';
import { type ErrorPage, type ErrorReport, plainError } from '../wsgi/call.js';
import type { Environ } from '../wsgi/types.js';
import { requestText, stackOf } from './exceptions.js';

/** A request whose response is not over. */
export interface OpenRequest {
  readonly environ: Environ;
  readonly report: ErrorReport;
  /** Answers it with this, or breaks its response off where that has begun. */
  fail(page: ErrorPage): void;
}

/** What is asked of the server. */
export interface Requests {
  /** The one that the running code belongs to; undefined outside of all, and where requests are not tracked. */
  current(): OpenRequest | undefined;
  /** Those that wait for something. */
  open(): Iterable<Environ>;
}

/**
 * Watches the thread that calls, from now on. An application that listens for `uncaughtException` itself decides itself.
 * @param endsAlone whether somebody outlives this thread, and tells of its end
 */
export function watchUncaught(
  policy: 'recycle' | 'continue',
  requests: Requests,
  endsAlone: () => boolean,
): void {
  if (policy === 'continue') {
    process.on('uncaughtException', (error, origin) => endRequest(error, origin, requests));
    return;
  }
  process.on('uncaughtExceptionMonitor', (error, origin) => {
    if (process.listenerCount('uncaughtException') > 0) return;
    const line = uncaught.fatal(origin, [...requests.open()].map(requestText));
    // Otherwise the stack comes with the line of the thread's death, from the control thread.
    log(endsAlone() ? line : `${line}\n${stackOf(error)}`);
  });
}

/** What was thrown may be anything. */
function endRequest(error: unknown, origin: string, requests: Requests): void {
  const request = requests.current();
  if (request === undefined) {
    log(`${uncaught.outside(origin)}: ${stackOf(error)}`);
    return;
  }
  log(uncaught.inside(origin, requestText(request.environ)));
  request.fail(request.report(error, request.environ) ?? plainError);
}

/**
 * A second way into an application, for the adapters: instead of start_response and a body it is given the sink itself.
 * An application that has it is an ordinary `Application` all the same, for everybody who does not know of this.
 */
import { callApplication, type ErrorReport } from './call.js';
import type { Application, Environ, ResponseSink } from './types.js';

/**
 * Registered, because an application that this package's library has made is served by its program, which is another
 * bundle. The number is raised when `DirectCall` changes: two versions in one process must not take each other's sinks.
 */
export const direct: unique symbol = Symbol.for('uwsgi-node.direct.3');

/** Runs the application for one request. Never throws: whatever goes wrong ends in the sink and in `report`. */
export type DirectCall = (environ: Environ, sink: ResponseSink, report: ErrorReport) => void;

export interface DirectApplication extends Application {
  [direct]: DirectCall;
}

export function isDirect(application: Application): application is DirectApplication {
  return direct in application;
}

/** How an application is run, whichever way in it has. */
export function directCallOf(application: Application): DirectCall {
  if (isDirect(application)) return application[direct];
  return (environ, sink, report) => callApplication(application, environ, sink, report);
}

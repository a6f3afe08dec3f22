/** What serves the HTTP listeners of a JS thread: what it is given, and what it gives. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Settings } from '../config/settings.js';
import type { InheritedListener } from '../messages.js';
import type { ResponseSink } from '../wsgi/types.js';
import type { HttpBody } from './body.js';
import type { HttpEnviron, NewEnviron } from './environ.js';
import type { RefusalListener } from './refusals.js';

export type HttpEngine = 'uWebSockets.js' | 'node:http';

export interface HttpFront {
  readonly engine: HttpEngine;
  /** Why it is not uWebSockets.js; null where it is. */
  readonly reason: string | null;
  /**
   * Stops accepting; kept-alive connections are closed once they are idle, busy ones after their response. Resolves when
   * all are done.
   */
  drain(): Promise<void>;
  /** Whether the event loop stays alive for the listeners. uWebSockets.js always keeps it. */
  keepAlive(wanted: boolean): void;
}

/**
 * Runs the application. `environ` has the CGI and HTTP_* keys only. The body is complete by now: null when there is
 * none, a Buffer up to `post-buffering`, beyond it a temporary file.
 */
export type HttpRequestHandler = (environ: HttpEnviron, sink: ResponseSink, body: HttpBody) => void;

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface HttpFrontOptions {
  /** Those with protocol http. */
  listeners: readonly InheritedListener[];
  settings: Settings;
  /** JS threads of this process. */
  threads: number;
  onRequest: HttpRequestHandler;
  /** Makes the object that the headers are then added to; by default a plain one. */
  newEnviron?: NewEnviron;
  onRefused?: RefusalListener;
  /** Takes the connections of requests that ask for an upgrade (WebSockets); only node:http hands them out. */
  onUpgrade?: UpgradeListener;
  /** Takes this engine, for tests and benchmarks; by default the best that there is. */
  engine?: HttpEngine;
}

/**
 * What an engine needs: the options, and SERVER_NAME. Each request is an async resource of its own: uWebSockets.js has one
 * for all of them, node:http one for each connection, and what one request puts into an AsyncLocalStorage (`enterWith`)
 * would be seen by those that follow.
 */
export interface EngineStart extends HttpFrontOptions {
  newEnviron: NewEnviron;
  hostname: string;
}

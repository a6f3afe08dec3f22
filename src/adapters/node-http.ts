/**
 * Applications that were written for node:http, run unchanged: a request listener, or a server that has one. They get
 * Node's own IncomingMessage and ServerResponse; only the connection below is another.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { type ErrorReport, plainError } from '../wsgi/call.js';
import { type DirectApplication, direct } from '../wsgi/direct.js';
import type { Environ, ResponseSink } from '../wsgi/types.js';
import { tellStart, watched } from './channels.js';
import { ConventionSink } from './convention-sink.js';
import { ClassesOf } from './message-classes.js';
import type { Peer } from './peer.js';
import { headerNamesOf, type Learned, makeRequest } from './request.js';
import { makeResponse, type Response } from './response.js';
import { SinkPeer } from './sink-peer.js';
import { PeerSocket } from './socket.js';
import { isUpgrade, listenersOf, upgrade, upgradeListener } from './websocket.js';

/** May be async: a rejection is logged with the request and answered with 500. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** What the server of an application is told, and what it is asked for. */
export interface ServerHolder {
  /** Its `request` and `upgrade` listeners are called; null for a bare listener. */
  readonly server: Server | null;
  /** A request has begun (1) or ended (-1): `server.close()` waits for them. */
  count?(change: 1 | -1): void;
}

const noServer: ServerHolder = { server: null };

/**
 * The application that a request listener is: `(req, res) => …`, an Express or Connect application, a server made with
 * `http.createServer` (with its `upgrade` listeners, so that WebSockets work). Other applications may call it with an
 * environ and a startResponse of theirs, and return what it returns.
 */
export function nodeHandler(listener: RequestListener | Listener | Server): DirectApplication {
  if (typeof listener === 'function') return adapt(listener as Listener, noServer);
  return adapt(null, { server: listener });
}

/** @param listener null: the `request` listeners of the holder's server */
export function adapt(listener: Listener | null, holder: ServerHolder): DirectApplication {
  const classes = new ClassesOf();
  const classesFor = (server: Server | null, isPipe: boolean) => {
    if (isPipe) return classes.givenTo(server!);
    return listener === null ? classes.ofServer(server) : classes.of(listener);
  };
  const listen = listener === null ? emitted(holder) : watched(listener);
  const serve = (environ: Environ, peer: Peer, report: ErrorReport, headerNames?: readonly string[]) => {
    const { server } = holder;
    const socket = new PeerSocket(environ, peer, server);
    const isPipe = server !== null && isUpgrade(environ, server);
    const { Request, Response } = classesFor(server, isPipe);
    const request = makeRequest(new Request(socket), environ, headerNames);
    if (holder.count !== undefined) countRequest(socket, holder);
    if (isPipe && upgrade(server, request, socket)) return;
    const response = makeResponse(new Response(request), socket);
    try {
      const result = listen(request, response);
      if (isPromise(result)) result.then(undefined, (error) => fail(error, environ, response, report));
    } catch (error) {
      fail(error, environ, response, report);
    }
  };
  const application = (environ: Environ, startResponse: Parameters<DirectApplication>[1]) => {
    const sink = new ConventionSink(environ, startResponse);
    serve(environ, new SinkPeer(sink), (error) => reportTo(environ, error));
    return sink.body();
  };
  return Object.assign(application, {
    [direct]: (environ: Environ, sink: ResponseSink, report: ErrorReport) =>
      serve(environ, sink.raw ?? new SinkPeer(sink), report, (environ as Learned)[headerNamesOf]),
    [upgradeListener]: () => listenersOf(holder.server),
  });
}

/** Calls the `request` listeners of the server. */
function emitted(holder: ServerHolder): Listener {
  return (request, response) => {
    tellStart(request, response, holder.server);
    return holder.server?.emit('request', request, response);
  };
}

function countRequest(socket: PeerSocket, holder: ServerHolder): void {
  holder.count?.(1);
  socket.once('close', () => holder.count?.(-1));
}

/** node:http would let it end the process. Nothing sent yet: a 500; otherwise the peer must notice. */
function fail(error: unknown, environ: Environ, response: Response, report: ErrorReport): void {
  const { head, body } = report(error, environ) ?? plainError;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = head.code;
  response.statusMessage = head.status.slice(4);
  for (const [name, value] of head.headers) response.setHeader(name, value);
  response.end(body);
}

/** Where another application stands between: its environ knows the log. */
function reportTo(environ: Environ, error: unknown): undefined {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  environ['wsgi.errors'].write(`${text}\n`);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as Promise<unknown>).then === 'function'
  );
}

/**
 * Node's own ServerResponse, so that it writes what a front server wants from a uwsgi peer: no chunks, no trailers, the
 * end of the connection as the end of a body without a length.
 *
 * Nothing is subclassed: Express and Koa replace the prototype of responses. What has to be different is an own property.
 */
import { type OutgoingHttpHeader, ServerResponse } from 'node:http';
import { tellFinish } from './channels.js';
import { endUnread, letGo } from './request.js';
import type { PeerSocket } from './socket.js';

type Headers = Record<string, unknown> | OutgoingHttpHeader[] | undefined;

/** The parts of ServerResponse that are the same on every version from 20 on. */
interface Internals {
  _header: string | null;
  _removedTE: boolean;
  _removedConnection: boolean;
  readonly outputSize: number;
  _storeHeader(firstLine: string, headers: Headers): void;
  assignSocket(socket: unknown): void;
}

export type Response = ServerResponse & Internals;

const storeHeader = (ServerResponse.prototype as unknown as Internals)._storeHeader;

/** @param made a response that knows its request and nothing else */
export function makeResponse(made: ServerResponse, socket: PeerSocket): Response {
  const response = made as Response;
  response._storeHeader = storeWithoutFraming;
  response.end = endAtOnce;
  // As if the application had taken these headers away: the length is sent where it is known, and never chunks.
  response._removedTE = true;
  response._removedConnection = true;
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.on('finish', complete);
  return response;
}

/** Whatever `end` the prototype has (Express and Koa replace that), run by the socket. */
function endAtOnce(this: Response, ...values: unknown[]): Response {
  const { end } = Object.getPrototypeOf(this) as { end(...values: unknown[]): unknown };
  const socket = this.socket as unknown as PeerSocket | null;
  if (socket === null) end.apply(this, values);
  else socket.endWith(this, end, values);
  return this;
}

/**
 * A chunked body would reach the client with its framing, as content (nginx 1.22: `3\r\nabc\r\n0`), and trailers need
 * chunks. hono's streamSSE is one that asks for them itself.
 */
function storeWithoutFraming(this: Response, firstLine: string, headers: Headers): void {
  const found = headers === undefined || headers === null ? 0 : look(headers);
  storeHeader.call(this, firstLine, found & FRAMING ? withoutFraming(headers!) : headers);
  if ((found & (EVENTS | BUFFERING)) === EVENTS) {
    this._header = `${(this._header ?? '').slice(0, -2)}${unbuffered}\r\n\r\n`;
  }
}

/**
 * nginx keeps back what does not fill a buffer, so that events would come late or never. It takes this header for itself.
 */
const unbuffered = 'X-Accel-Buffering: no';

/** What there is among headers: of a chunked body, of events, of nginx's buffering. */
const FRAMING = 1;
const EVENTS = 2;
const BUFFERING = 4;

function look(headers: NonNullable<Headers>): number {
  let found = 0;
  if (!Array.isArray(headers)) {
    for (const name in headers) found |= lookAt(name, headers[name]);
  } else if (Array.isArray(headers[0])) {
    for (const [name, value] of headers as unknown[][]) found |= lookAt(name, value);
  } else {
    for (let at = 0; at < headers.length; at += 2) found |= lookAt(headers[at], headers[at + 1]);
  }
  return found;
}

/** @param value where Node keeps the headers that were set one by one, name and value */
function lookAt(name: unknown, value: unknown): number {
  // Nearly all names are of other lengths; to search the text of the head costs more than to write it.
  if (typeof name !== 'string' || (name.length !== 7 && name.length !== 12 && name.length !== 17)) return 0;
  const isUsual = name === 'Content-Type' || name === 'content-type';
  const lower = isUsual ? 'content-type' : name.toLowerCase();
  if (lower === 'content-type') return String(value).includes('text/event-stream') ? EVENTS : 0;
  if (lower === 'x-accel-buffering') return BUFFERING;
  return lower === 'transfer-encoding' || lower === 'trailer' ? FRAMING : 0;
}

const isFraming = (name: unknown): boolean => lookAt(name, '') === FRAMING;

function withoutFraming(headers: NonNullable<Headers>): Headers {
  if (Array.isArray(headers)) {
    if (Array.isArray(headers[0])) return headers.filter((pair) => !isFraming((pair as string[])[0]));
    return headers.filter((_, at) => !isFraming(headers[at - (at % 2)]));
  }
  return copyWithoutFraming(headers);
}

/** Of the headers that were set one by one, Node knows the object itself, so that one is changed. */
function copyWithoutFraming(headers: Record<string, unknown>): Headers {
  const own = Object.getPrototypeOf(headers) === null;
  const target = own ? headers : { ...headers };
  for (const name of Object.keys(target)) if (isFraming(name)) delete target[name];
  return target;
}

/** node:http's `resOnFinish`. */
function complete(this: Response): void {
  const socket = this.socket as unknown as PeerSocket | null;
  tellFinish(this, socket);
  letGo(this.req);
  if (socket === null) endUnread(this.req);
  else socket.complete();
}

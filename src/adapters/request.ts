/**
 * From an environ to Node's own IncomingMessage. The rules were found with real front servers and frameworks; each says
 * whom it serves.
 */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { WsgiInput } from '../wsgi/input.js';
import type { Environ } from '../wsgi/types.js';

/** Where an application is mounted with `manage-script-name`: that part of the URL is not the application's. */
export const mountPoint = 'uwsgi.mountpoint';

/**
 * The HTTP_* names of an environ that the server has just made: it knows them from the requests before. Anybody else may have
 * added some, so that what comes through another application's hands is searched. A frozen list is the same one for every
 * request that has these names.
 */
export const headerNamesOf: unique symbol = Symbol.for('uwsgi-node.headerNames.1');

/** An environ that the server made from a packet whose names it had seen before. */
export interface Learned extends Environ {
  [headerNamesOf]?: readonly string[];
}

const bodyOf = Symbol('body');

/** The parts of IncomingMessage that node:http's parser fills in, on every version from 20 on. */
interface Parsed extends IncomingMessage {
  upgrade: boolean | null;
  _addHeaderLines(headers: string[], count: number): void;
  _dump(): void;
  /** EventEmitter's own: for how many events there are listeners. */
  _eventsCount: number;
  _readableState: {
    readingMore: boolean;
    flowing: boolean | null;
    ended: boolean;
    endEmitted: boolean;
    destroyed: boolean;
    closed: boolean;
    closeEmitted: boolean;
  };
  _consuming: boolean;
  [bodyOf]: { next: Next };
}

/** HTTP_ACCEPT_LANGUAGE → accept-language. A client chooses the names, so their number is bounded. */
const headerNames = new Map<string, string>();
const mostNames = 1024;

/**
 * @param made a request that knows its connection and nothing else
 * @param names of all vars, or of the HTTP_* ones
 */
export function makeRequest(
  made: IncomingMessage,
  environ: Environ,
  names: readonly string[] = Object.keys(environ),
): IncomingMessage {
  const request = made as Parsed;
  const old = environ.SERVER_PROTOCOL === 'HTTP/1.0';
  // The protocol between front server and client is none of the application's: of HTTP/2 it would use what 1.1 lacks.
  request.httpVersion = old ? '1.0' : '1.1';
  request.httpVersionMajor = 1;
  request.httpVersionMinor = old ? 0 : 1;
  request.method = environ.REQUEST_METHOD;
  request.url = urlOf(environ);
  request.upgrade = false;
  const headers = rawHeaders(environ, names);
  request._addHeaderLines(headers, headers.length);
  attachBody(request, environ['wsgi.input']);
  return request;
}

/** REQUEST_URI as the client sent it. PATH_INFO is decoded already (Apache, lighttpd), and decoding twice is an attack. */
function urlOf(environ: Environ): string {
  const uri = environ.REQUEST_URI;
  if (typeof uri !== 'string' || uri === '') return rebuiltUrl(environ);
  const mount = environ[mountPoint];
  if (typeof mount !== 'string' || mount === '') return uri;
  return belowMount(uri, mount) ?? rebuiltUrl(environ);
}

/** What a mounted application sees of a URL; null where the client wrote the mount another way: `//shop`, `/%73hop`. */
export function belowMount(uri: string, mount: string): string | null {
  const rest = uri.slice(mount.length);
  if (!uri.startsWith(mount) || !/^(?:[/?]|$)/.test(rest)) return null;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** A front server, or an application that calls another, need not send REQUEST_URI. */
function rebuiltUrl({ SCRIPT_NAME, PATH_INFO, QUERY_STRING, [mountPoint]: mount }: Environ): string {
  const path = Buffer.from((typeof mount === 'string' ? '' : SCRIPT_NAME) + PATH_INFO, 'latin1');
  const encoded = encodeURI(path.toString('utf8')).replace(/[?#]/g, encodeURIComponent);
  return (encoded || '/') + (QUERY_STRING === '' ? '' : `?${QUERY_STRING}`);
}

/** Names and values in turn, as in IncomingMessage's `rawHeaders`. */
type ListHeaders = (environ: Environ, names: readonly string[]) => string[];

const listHeaders: ListHeaders = (environ, names) => {
  const headers: string[] = [];
  for (const name of names) {
    if (!name.startsWith('HTTP_')) continue;
    const value = environ[name];
    if (typeof value !== 'string') continue;
    const header = headerNames.get(name) ?? headerName(name);
    if (isOfBody(header)) continue;
    if (header === 'transfer-encoding' && environ.CONTENT_LENGTH !== '') continue;
    headers.push(header, value);
  }
  addHeadersOfBody(environ, headers);
  return headers;
};

/** Lists of names that come again and again, with what was compiled for each. The one that came last is looked at first. */
const compiled = new WeakMap<readonly string[], ListHeaders>();
let lastNames: readonly string[] | null = null;
let lastList = listHeaders;

function rawHeaders(environ: Environ, names: readonly string[]): string[] {
  if (names === lastNames) return lastList(environ, names);
  // Frozen: what an environ's layout has for all its requests.
  if (!Object.isFrozen(names)) return listHeaders(environ, names);
  lastList = compiled.get(names) ?? compileList(names);
  lastNames = names;
  compiled.set(names, lastList);
  return lastList(environ, names);
}

/** Reads these names by code made for them: to look a property up by a name that varies costs V8 ten times as much. */
function compileList(names: readonly string[]): ListHeaders {
  const headers = names
    .map((name) => [name, headerName(name)] as const)
    .filter(([, header]) => !isOfBody(header));
  if (headers.length === 0 || headers.some(([, header]) => header === 'transfer-encoding'))
    return listHeaders;
  const reads = headers.map(([name], i) => `v${i} = environ[${JSON.stringify(name)}]`);
  const areStrings = headers.map((_, i) => `typeof v${i} === 'string'`);
  const items = headers.map(([, header], i) => `${JSON.stringify(header)}, v${i}`);
  return new Function(
    'listHeaders',
    'addHeadersOfBody',
    `return (environ, names) => {
      const ${reads.join(', ')};
      if (!(${areStrings.join(' && ')})) return listHeaders(environ, names);
      const headers = [${items.join(', ')}];
      addHeadersOfBody(environ, headers);
      return headers;
    };`,
  )(listHeaders, addHeadersOfBody) as ListHeaders;
}

/** The true ones are added (lighttpd sends both), and the body has no framing any more. */
function isOfBody(header: string): boolean {
  return header === 'content-length' || header === 'content-type';
}

function addHeadersOfBody({ CONTENT_TYPE: type, CONTENT_LENGTH: length }: Environ, headers: string[]): void {
  // Front servers send empty vars for headers that were not there.
  if (type !== undefined && type !== '') headers.push('content-type', type);
  // "0" stays: an empty chunked upload has a body for a framework, and this is how it is told.
  if (length !== undefined && length !== '') headers.push('content-length', length);
}

function headerName(name: string): string {
  const header = name.slice(5).toLowerCase().replaceAll('_', '-');
  if (headerNames.size < mostNames) headerNames.set(name, header);
  return header;
}

type Next = (onChunk: (aborted: boolean, chunk: Buffer | null) => void) => void;

/** `_read` is an own property: Express and Koa replace the prototype of requests. */
function attachBody(request: Parsed, input: unknown): void {
  request._readableState.readingMore = false;
  request._consuming = true;
  if (isOurs(input)) {
    if (input.isWhole) request.complete = true;
    request[bodyOf] = input;
  } else {
    request[bodyOf] = { next: nextOf(input) };
  }
  request._read = readBody;
}

function readBody(this: Parsed): void {
  this[bodyOf].next((aborted, chunk) => {
    if (this.destroyed) return;
    if (aborted) {
      this.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    } else {
      if (chunk === null) this.complete = true;
      this.push(chunk);
    }
  });
}

/** Not `instanceof`: the server that made it may be another copy of this package (wsgi/direct.ts). */
function isOurs(input: unknown): input is WsgiInput {
  return typeof input === 'object' && input !== null && 'isWhole' in input && 'next' in input;
}

/** A `wsgi.input` that an application has put in the place of ours. */
function nextOf(input: unknown): Next {
  const iterator = Readable.from((input ?? []) as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  return (onChunk) => {
    iterator.next().then(
      ({ done, value }) => onChunk(false, done ? null : (value as Buffer)),
      () => onChunk(true, null),
    );
  };
}

/** The response has left. Nobody can tell a request that was read to its end from one that was not, unless somebody listens. */
export function letGo(request: IncomingMessage): void {
  if (request.complete && isHeard(request)) drop(request as Parsed);
}

/**
 * The response has closed, and all who listened know: a request that is still under way is given up, and one that nobody
 * has read or listens to ends, for who asks later (`stream.finished`).
 */
export function endUnread(request: IncomingMessage): void {
  const { _readableState: state } = request as Parsed;
  if (!request.complete) return void request.destroy();
  if (state.destroyed || state.flowing !== null || request.readableDidRead) return;
  if (isHeard(request)) return drop(request as Parsed);
  state.ended = state.endEmitted = true;
  state.destroyed = state.closed = state.closeEmitted = true;
}

/** Of most requests nobody hears, and to ask for each event is a hundredth of what a small response costs. */
function isHeard(request: IncomingMessage): boolean {
  if ((request as Parsed)._eventsCount === 0) return false;
  return request.listenerCount('end') > 0 || request.listenerCount('close') > 0;
}

function drop(request: Parsed): void {
  request._dump();
  // Node 26 takes what is complete for pushed already, and reads on without it.
  request.resume();
}

/**
 * An HTTP head as the environ that the same request has behind nginx with its stock `uwsgi_params`, so that an
 * application cannot tell which way it was reached. The `wsgi.*` keys are added by the server above.
 */

/** The CGI keys and one HTTP_* key per header; all values latin-1 strings. */
export interface HttpEnviron {
  [name: string]: unknown;
  QUERY_STRING: string;
  REQUEST_METHOD: string;
  /** As sent, query included. */
  REQUEST_URI: string;
  /** Percent-decoded and normalised, as nginx's `$document_uri`. */
  PATH_INFO: string;
  DOCUMENT_ROOT: string;
  SERVER_PROTOCOL: string;
  REQUEST_SCHEME: string;
  /** '' on a unix socket. */
  REMOTE_ADDR: string;
  /** '' on a unix socket, and where the engine cannot tell. */
  REMOTE_PORT: string;
  SERVER_PORT: string;
  SERVER_NAME: string;
  SCRIPT_NAME: string;
  CONTENT_TYPE?: string;
  /** Decimal. The decoded length where the body came chunked. */
  CONTENT_LENGTH?: string;
}

/** What every request of one listener has in common. */
export interface ServerFacts {
  name: string;
  port: string;
}

/**
 * PEP 3333 wants SERVER_NAME and SERVER_PORT never empty: the name is the machine's, as uWSGI has it, and the port of a
 * unix socket is that of the scheme.
 *
 * @param listener what the kernel bound: `/run/app.sock`, `127.0.0.1:8080`, `[::1]:80`
 */
export function serverFacts(listener: { name: string; family: string }, hostname: string): ServerFacts {
  const port = listener.family === 'unix' ? '80' : listener.name.slice(listener.name.lastIndexOf(':') + 1);
  return { name: hostname, port };
}

/** Makes an environ with the keys that need no header, and whatever else the server wants in all of them. */
export type NewEnviron = typeof newEnviron;

/** The keys that need no header. Keys stand in the order of `uwsgi_params`; one literal, so that V8 has one shape. */
export function newEnviron(
  server: ServerFacts,
  method: string,
  uri: string,
  path: string,
  query: string,
  protocol: string,
  remoteAddress: string,
  remotePort: string,
): HttpEnviron {
  return {
    QUERY_STRING: query,
    REQUEST_METHOD: method,
    REQUEST_URI: uri,
    PATH_INFO: path,
    DOCUMENT_ROOT: '',
    SERVER_PROTOCOL: protocol,
    REQUEST_SCHEME: 'http',
    REMOTE_ADDR: remoteAddress,
    REMOTE_PORT: remotePort,
    SERVER_PORT: server.port,
    SERVER_NAME: server.name,
    SCRIPT_NAME: '',
  };
}

/** nginx's rule for a method; what is none is answered with 400. */
export function isMethod(method: string): boolean {
  return KNOWN_METHODS.has(method) || /^[A-Z][A-Z_-]*$/.test(method);
}
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);

/**
 * nginx's `$document_uri`: percent-decoded once, then slashes merged and dot segments resolved.
 *
 * @param path the target up to its `?`, beginning with `/`, latin-1
 * @returns null where nginx answers 400: a broken escape, an encoded NUL, or `..` above the root
 */
export function normalisePath(path: string): string | null {
  return UNUSUAL_PATH.test(path) ? resolvePath(path) : path;
}
const UNUSUAL_PATH = /[%#]|\/[./]/;
const BROKEN_ESCAPE = /%(?![0-9a-fA-F]{2})|%00/;

function resolvePath(path: string): string | null {
  const fragment = path.indexOf('#');
  const encoded = fragment < 0 ? path : path.slice(0, fragment);
  if (BROKEN_ESCAPE.test(encoded)) return null;
  const decoded = encoded.replace(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const kept: string[] = [];
  const segments = decoded.split('/').slice(1);
  for (const segment of segments) {
    if (segment === '..') {
      if (kept.pop() === undefined) return null;
    } else if (segment !== '' && segment !== '.') {
      kept.push(segment);
    }
  }
  const last = segments.at(-1);
  const directory = kept.length > 0 && (last === '' || last === '.' || last === '..');
  return `/${kept.join('/')}${directory ? '/' : ''}`;
}

/** What the headers of one request say of its framing; `addHeader` notes here what environ cannot carry. */
export interface Framing {
  /** A second Host or Content-Length, or one that is none: two readers could disagree where the request ends. */
  invalid: boolean;
  chunked: boolean;
}

/**
 * Puts one header into the environ. Repeated headers are joined with `, ` (RFC 9110 5.3), cookies with `; ` (RFC 9113
 * 8.2.3), as nginx does since 1.23.
 *
 * @param name as sent, in any case
 */
export function addHeader(environ: HttpEnviron, framing: Framing, name: string, value: string): void {
  const { key, plain } = KEYS.get(name) ?? learnKey(name);
  const earlier = environ[key] as string | undefined;
  if (plain && earlier === undefined) environ[key] = value;
  else addSpecial(environ, framing, key, value, earlier);
}

function addSpecial(
  environ: HttpEnviron,
  framing: Framing,
  key: string,
  value: string,
  earlier: string | undefined,
): void {
  switch (key) {
    case DROPPED:
      return;
    case 'CONTENT_LENGTH':
      if (earlier !== undefined || framing.chunked || !/^[0-9]{1,15}$/.test(value)) framing.invalid = true;
      environ[key] = value;
      return;
    case 'CONTENT_TYPE':
      // A media type cannot be a list; the first one stands, as with nginx.
      environ[key] ??= value;
      return;
    case 'HTTP_TRANSFER_ENCODING':
      // Not shown: the application gets the decoded body with its length.
      if (framing.chunked || value.toLowerCase() !== 'chunked' || environ.CONTENT_LENGTH !== undefined) {
        framing.invalid = true;
      }
      framing.chunked = true;
      return;
    case 'HTTP_HOST':
      framing.invalid = true;
      return;
    case 'HTTP_COOKIE':
      environ[key] = `${earlier}; ${value}`;
      return;
    default:
      environ[key] = `${earlier}, ${value}`;
  }
}

/** Whether a body follows the head (RFC 9112 6.3). */
export function hasRequestBody(environ: HttpEnviron, framing: Framing): boolean {
  return framing.chunked || (environ.CONTENT_LENGTH !== undefined && Number(environ.CONTENT_LENGTH) > 0);
}

/** @param limit bytes; 0: none */
export function exceeds(environ: HttpEnviron, limit: number): boolean {
  return limit > 0 && environ.CONTENT_LENGTH !== undefined && Number(environ.CONTENT_LENGTH) > limit;
}

const DROPPED = '';

interface HeaderKey {
  key: string;
  /** Stands for itself when it comes once. */
  plain: boolean;
}

/** Header name as sent → environ key. Bounded: a client chooses its names. */
const KEYS = new Map<string, HeaderKey>();
const MAX_KEYS = 1_000;

function learnKey(name: string): HeaderKey {
  const key = environKey(name);
  const plain = key !== DROPPED && key !== 'CONTENT_LENGTH' && key !== 'HTTP_TRANSFER_ENCODING';
  if (KEYS.size < MAX_KEYS && name.length <= 64) KEYS.set(name, { key, plain });
  return { key, plain };
}

/**
 * Names with anything but letters, digits and hyphens are dropped, as nginx does by default: `X-User` and `X_User` would
 * be one key, and what a proxy in front strips as the one would come through as the other.
 *
 * Content-Type and Content-Length have no HTTP_* twin, although nginx sends one: PEP 3333's own checker refuses it.
 */
function environKey(name: string): string {
  if (!/^[A-Za-z0-9-]+$/.test(name)) return DROPPED;
  const key = name.toUpperCase().replaceAll('-', '_');
  return key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH' ? key : `HTTP_${key}`;
}

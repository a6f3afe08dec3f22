/** The rules of the validator, one thing each: environ, status, headers, input, errors. */
import { validatorErrors as rules, type Violation } from '../errors/rules.js';
import { isHopByHop } from './headers.js';
import type { Environ, ErrorStream, Input } from './types.js';

type Report = (violation: Violation) => void;

const requiredKeys = [
  'REQUEST_METHOD',
  'SERVER_NAME',
  'SERVER_PORT',
  'wsgi.version',
  'wsgi.url_scheme',
  'wsgi.input',
  'wsgi.errors',
  'wsgi.multithread',
  'wsgi.multiprocess',
  'wsgi.run_once',
];
const inputMethods = ['read', 'readline', 'readlines'] as const;
const iterated = Symbol.iterator;
const errorMethods = ['write', 'writelines', 'flush'] as const;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const notInValue = /[\x00-\x1f\x7f]|[^\x00-\xff]/;

/** False: what the server gave is no environ, so that nothing else can be said. PEP 3333, "environ Variables". */
export function checkEnviron(environ: Environ, say: Report): boolean {
  if (typeof environ !== 'object' || environ === null || Array.isArray(environ)) {
    say(rules.environKind());
    return false;
  }
  for (const key of requiredKeys) if (environ[key] === undefined) say(rules.environKey(key));
  if (environ.QUERY_STRING === undefined) say(rules.noQuery());
  for (const meant of ['CONTENT_TYPE', 'CONTENT_LENGTH']) {
    if (environ[`HTTP_${meant}`] !== undefined) say(rules.environHeader(`HTTP_${meant}`, meant));
  }
  // Keys with a dot belong to the server and its extensions, and may be anything.
  for (const [key, value] of Object.entries(environ)) {
    if (!key.includes('.') && typeof value !== 'string') say(rules.environValue(key, value));
  }
  checkValues(environ, say);
  const { 'wsgi.input': input, 'wsgi.errors': errors } = environ;
  for (const method of [...inputMethods, iterated]) requireMethod(input, 'wsgi.input', method, say);
  for (const method of errorMethods) requireMethod(errors, 'wsgi.errors', method, say);
  return input !== undefined && errors !== undefined;
}

function checkValues(environ: Environ, say: Report): void {
  const { SCRIPT_NAME = '', PATH_INFO = '', CONTENT_LENGTH = '', REQUEST_METHOD } = environ;
  const version: unknown = environ['wsgi.version'];
  if (!Array.isArray(version) || version[0] !== 1 || version[1] !== 0) say(rules.version(version));
  const scheme = environ['wsgi.url_scheme'];
  if (scheme !== 'http' && scheme !== 'https') say(rules.scheme(scheme));
  if (!token.test(String(REQUEST_METHOD))) say(rules.method(REQUEST_METHOD));
  for (const [key, path] of Object.entries({ SCRIPT_NAME, PATH_INFO })) {
    // `OPTIONS *` has no path (RFC 9110, section 9.3.7).
    if (path !== '' && !String(path).startsWith('/') && path !== '*') say(rules.path(key, path));
  }
  if (SCRIPT_NAME === '/') say(rules.scriptName());
  if (SCRIPT_NAME === '' && PATH_INFO === '') say(rules.noPath());
  if (CONTENT_LENGTH !== '' && !/^\d+$/.test(CONTENT_LENGTH)) say(rules.contentLength(CONTENT_LENGTH));
}

function requireMethod(target: unknown, key: string, method: string | symbol, say: Report): void {
  if (target === undefined || target === null) return;
  if (typeof (target as Record<string | symbol, unknown>)[method] !== 'function')
    say(rules.stream(key, String(method)));
}

/** PEP 3333, "The start_response() Callable". @returns the code; 0 where there is none */
export function checkStatus(status: unknown, say: Report): number {
  if (typeof status !== 'string') {
    say(rules.status(status));
    return 0;
  }
  const code = Number(status.slice(0, 3));
  if (!/^\d{3}/.test(status) || code < 100) say(rules.statusCode(status));
  else if (status.length < 4 || status[3] !== ' ') say(rules.statusReason(status));
  return code;
}

export function checkHeaders(headers: unknown, code: number, say: Report): void {
  if (!Array.isArray(headers)) return say(rules.headers(headers));
  const pairs = headers.filter((pair) => checkPair(pair, say)) as [string, string][];
  const typed = pairs.some(([name]) => name.toLowerCase() === 'content-type');
  const bodyless = code === 204 || code === 304;
  if (bodyless && typed) say(rules.contentType(code));
  if (!bodyless && !typed && code >= 200) say(rules.noContentType());
}

function checkPair(pair: unknown, say: Report): boolean {
  if (!Array.isArray(pair) || pair.length !== 2 || pair.some((part) => typeof part !== 'string')) {
    say(rules.headerPair(pair));
    return false;
  }
  const [name, value] = pair as [string, string];
  if (name.toLowerCase() === 'status') say(rules.headerStatus());
  else if (!token.test(name) || /[-_]$/.test(name)) say(rules.headerName(name));
  if (isHopByHop(name)) say(rules.hopByHop(name));
  if (notInValue.test(value)) say(rules.headerValue(name, value));
  return true;
}

/** PEP 3333, "Input and Error Streams". */
export function watchInput(input: Input, say: Report): Input {
  const watched: Record<string, unknown> = { close: () => say(rules.inputClosed()) };
  for (const method of inputMethods) {
    watched[method] = (...given: [number?]) => {
      if (given.length > 1) say(rules.inputArguments(method, given.length));
      const result: unknown = input[method](...given);
      const parts = method === 'readlines' && Array.isArray(result) ? result : [result];
      if (!parts.every((part) => part instanceof Uint8Array)) say(rules.inputResult(method, result));
      return result;
    };
  }
  return Object.setPrototypeOf(
    {
      ...watched,
      stream: () => input.stream(),
      [Symbol.iterator]: () => input[Symbol.iterator](),
      [Symbol.asyncIterator]: () => input[Symbol.asyncIterator](),
    },
    Object.prototype,
  ) as Input;
}

export function watchErrors(errors: ErrorStream, say: Report): ErrorStream {
  const write = (text: string) => {
    if (typeof text !== 'string') say(rules.errorsWrite(text));
    errors.write(text);
  };
  return Object.assign(
    {
      write,
      writelines: (lines: Iterable<string>) => {
        for (const line of lines) write(line);
      },
      flush: () => errors.flush(),
    },
    { close: () => say(rules.errorsClosed()) },
  );
}

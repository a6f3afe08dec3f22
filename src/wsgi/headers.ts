/**
 * Status and headers of a response: checked when the application gives them, so that its own call throws, and put into
 * the form in which they go on the wire.
 */
import { applicationErrors as errors } from '../errors/application.js';
import type { Header, ResponseHead } from './types.js';

/** RFC 9110, section 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110, section 5.5, and obs-text as latin-1; so no CR, LF or NUL, which would let a value start a new header. */
const notInValue = /[^\t\x20-\x7e\x80-\xff]/;
/** PEP 3333, "The start_response() Callable": three digits, a blank, a reason that is not needed but must be clean. */
const statusLine = /^[1-9]\d\d [\t\x20-\x7e\x80-\xff]*$/;

/** PEP 3333, "Other HTTP Features": the connection belongs to the server. RFC 2616, section 13.5.1. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
]);

export function isHopByHop(name: string): boolean {
  return hopByHop.has(name.toLowerCase());
}

/** Header names that have passed, and whether they are Content-Length: an application uses few, again and again. */
const knownNames = new Map<string, boolean>();
const knownStatus = new Map<string, number>();
const mostKnown = 1024;
/** Characters of a head; nginx's default uwsgi_buffer_size takes 4 or 8 KiB of it. uWSGI: response-headers-limit. */
const mostText = 65000;

function checkName(name: unknown): boolean {
  if (typeof name !== 'string' || !token.test(name)) throw errors.headerName(name);
  const lower = name.toLowerCase();
  if (hopByHop.has(lower)) throw errors.hopByHop(name);
  const isLength = lower === 'content-length';
  if (knownNames.size < mostKnown) knownNames.set(name, isLength);
  return isLength;
}

function checkStatus(status: unknown): number {
  if (typeof status !== 'string' || !statusLine.test(status)) throw errors.statusLine(status);
  const code = Number.parseInt(status, 10);
  if (knownStatus.size < mostKnown) knownStatus.set(status, code);
  return code;
}

function parseLength(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw errors.contentLength(value);
  return Number(value);
}

/**
 * The head that was made last. Most applications answer with the same few headers, written as constants: comparing those
 * is a matter of pointers, and the head is checked, joined and flattened once.
 */
let latest: ResponseHead | null = null;
/** Heads that were not the latest, in a row; a copy for comparison is then made ever more rarely. */
let misses = 0;

function isLatest(status: string, headers: readonly Header[]): boolean {
  if (latest === null || latest.status !== status || latest.headers.length !== headers.length) return false;
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i]!;
    const before = latest.headers[i]!;
    if (!Array.isArray(header) || header.length !== 2) return false;
    if (header[0] !== before[0] || header[1] !== before[1]) return false;
  }
  return true;
}

/**
 * Checks a status and a header list and joins them.
 * @throws UwsgiNodeError that names the header and what is wrong with it
 */
export function makeHead(status: string, headers: readonly Header[]): ResponseHead {
  if (!Array.isArray(headers)) throw errors.headerList(headers);
  if (isLatest(status, headers)) {
    misses = 0;
    return latest!;
  }
  const head = joinHead(status, headers);
  if (misses++ % 32 === 0) latest = { ...head, headers: headers.map((header) => [header[0], header[1]]) };
  return head;
}

function joinHead(status: string, headers: readonly Header[]): ResponseHead {
  const code = knownStatus.get(status) ?? checkStatus(status);
  let text = `${status}\r\n`;
  let contentLength: number | null = null;
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i]!;
    if (!Array.isArray(header) || header.length !== 2) throw errors.headerPair(header);
    const name = header[0];
    const value = header[1];
    const isLength = knownNames.get(name) ?? checkName(name);
    if (typeof value !== 'string' || notInValue.test(value)) throw errors.headerValue(name, value);
    if (isLength) {
      // RFC 9110, section 8.6: two lengths are how responses are split.
      if (contentLength !== null) throw errors.contentLengthTwice();
      contentLength = parseLength(value);
    }
    text += `${name}: ${value}\r\n`;
  }
  if (text.length > mostText) throw errors.headTooLarge(text.length, mostText);
  return { code, status, headers, text, contentLength };
}

/**
 * The headers of a flattened head again.
 *
 * @param text status line and headers, with or without a last line break
 */
export function parseHeaders(text: string): Header[] {
  const headers: Header[] = [];
  for (let at = text.indexOf('\r\n') + 2; at > 1 && at < text.length; ) {
    const next = text.indexOf('\r\n', at);
    const end = next < 0 ? text.length : next;
    const colon = text.indexOf(':', at);
    headers.push([text.slice(at, colon), text.slice(colon + 1, end).replace(outerBlanks, '')]);
    at = end + 2;
  }
  return headers;
}

/** RFC 9110, section 5.6.3; a no-break space is a byte of the value. */
const outerBlanks = /^[ \t]+|[ \t]+$/g;

let latestSized: { from: ResponseHead; length: number; head: ResponseHead } | null = null;

/**
 * The head of a response whose whole body is known, with its Content-Length if the application gave none (PEP 3333,
 * "Handling the Content-Length Header"). nginx then need not wait for the end of the connection, passes the length on
 * instead of chunks, and notices a response that breaks off.
 *
 * @param length bytes of the body
 */
export function withLength(head: ResponseHead, length: number): ResponseHead {
  if (head.contentLength !== null) return head;
  if (latestSized !== null && latestSized.from === head && latestSized.length === length)
    return latestSized.head;
  const sized = {
    ...head,
    headers: [...head.headers, ['Content-Length', String(length)] as const],
    text: `${head.text}Content-Length: ${length}\r\n`,
    contentLength: length,
  };
  latestSized = { from: head, length, head: sized };
  return sized;
}

/** RFC 9110, sections 9.3.2, 15.3.5 and 15.4.5: responses that end with their head. */
export function hasBody(method: string, code: number): boolean {
  return method !== 'HEAD' && code !== 204 && code !== 304 && code >= 200;
}

export const internalServerError: ResponseHead = makeHead('500 Internal Server Error', [
  ['Content-Type', 'text/plain'],
]);

/**
 * A response head as an HTTP/1.1 server may send it. The application's headers go out as they are, except for those by
 * which the connection works: these are the engine's to write, and must not be there twice.
 */
import type { Header, ResponseHead } from '../wsgi/types.js';

export interface PlannedHead {
  /** 200 */
  readonly code: number;
  /** `200 OK` */
  readonly status: string;
  /** The application's Content-Length; null where it gave none. */
  readonly length: number | null;
  /** The connection ends with this response. */
  readonly close: boolean;
  /** The other headers, in order. */
  readonly headers: readonly Header[];
}

export function planHead(head: ResponseHead): PlannedHead {
  let close = false;
  let headers: Header[] | null = null;
  for (const [index, header] of head.headers.entries()) {
    const name = header[0].toLowerCase();
    if (!CONNECTION_HEADERS.has(name)) {
      headers?.push(header);
      continue;
    }
    headers ??= head.headers.slice(0, index);
    if (name === 'connection' && header[1].toLowerCase() === 'close') close = true;
  }
  // RFC 9110 8.6: none with a 204.
  const length = head.code === 204 ? null : head.contentLength;
  return { code: head.code, status: head.status, length, close, headers: headers ?? head.headers };
}

const CONNECTION_HEADERS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

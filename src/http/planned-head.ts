/**
 * A response head as an HTTP/1.1 server may send it. The application's headers go out as they are, except for those by
 * which the connection works: these are the engine's to write, and must not be there twice.
 */
import { parseHeaders } from '../wsgi/headers.js';
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

/** From the text, which a list of the application's that changes after start_response does not change. */
export function planHead(head: ResponseHead): PlannedHead {
  let close = false;
  const headers: Header[] = [];
  for (const header of parseHeaders(head.text)) {
    const name = header[0].toLowerCase();
    if (!CONNECTION_HEADERS.has(name)) headers.push(header);
    else if (name === 'connection' && header[1].toLowerCase() === 'close') close = true;
  }
  // RFC 9110 8.6: none with a 204.
  const length = head.code === 204 ? null : head.contentLength;
  return { code: head.code, status: head.status, length, close, headers };
}

const CONNECTION_HEADERS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

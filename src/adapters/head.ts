/** The head of a response as ServerResponse writes it, taken apart. */
import type { Header, ResponseHead } from '../wsgi/types.js';

/** @param text status line and headers, with or without a last line break */
export function parseHeaders(text: string): Header[] {
  const headers: Header[] = [];
  for (let at = text.indexOf('\r\n') + 2; at > 1 && at < text.length; ) {
    const next = text.indexOf('\r\n', at);
    const end = next < 0 ? text.length : next;
    const colon = text.indexOf(':', at);
    headers.push([text.slice(at, colon), text.slice(colon + 1, end).trim()]);
    at = end + 2;
  }
  return headers;
}

/** A head that ServerResponse has written, for the request log. */
export class WrittenHead implements ResponseHead {
  readonly code: number;
  readonly contentLength = null;
  /** Behind the version; without the empty line. */
  readonly text: string;

  constructor({ statusCode, _header }: { statusCode: number; _header: string | null }) {
    this.code = statusCode;
    this.text = (_header ?? '').slice('HTTP/1.1 '.length, -2);
  }

  get status(): string {
    return this.text.slice(0, this.text.indexOf('\r\n'));
  }

  get headers(): readonly Header[] {
    return parseHeaders(this.text);
  }
}

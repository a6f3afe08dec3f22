/** The head of a response as ServerResponse writes it. */
import { parseHeaders } from '../wsgi/headers.js';
import type { Header, ResponseHead } from '../wsgi/types.js';

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

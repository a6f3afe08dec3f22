/** The head of a response as ServerResponse writes it, taken apart. */
import type { Header } from '../wsgi/types.js';

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

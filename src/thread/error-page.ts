/** `error-page-500`: what a client gets where the server itself answers with that status. */
import { readFileSync } from 'node:fs';
import type { ErrorPage } from '../wsgi/call.js';
import { makeHead } from '../wsgi/headers.js';

const head = makeHead('500 Internal Server Error', [['Content-Type', 'text/html']]);

/**
 * As in uWSGI the first file that can be read, as it is at that moment.
 * @returns what finds it; undefined: there is none
 */
export function errorPage(files: readonly string[]): () => ErrorPage | undefined {
  return () => {
    for (const file of files) {
      try {
        return { head, body: readFileSync(file) };
      } catch {
        // The configuration's reader has warned of it; a client that waits is not helped by an error about an error.
      }
    }
    return undefined;
  };
}

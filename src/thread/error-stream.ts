/** `wsgi.errors`: the log. Lines of several writers do not mix as long as each write ends its line. */
import { log } from '../log/stderr.js';
import type { ErrorStream } from '../wsgi/types.js';

export const errorStream: ErrorStream = {
  write: (text) => log(String(text).replace(/\n$/, '')),
  writelines: (lines) => {
    for (const line of lines) errorStream.write(line);
  },
  flush: () => {},
};

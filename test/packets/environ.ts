/**
 * What an environ holds of a packet's vars, in the words of the design (section 5), for every test that compares one. It
 * shares no line with src/thread/environ.ts.
 */
import type { Var } from './encode.js';

/** Always there, whatever comes. */
export const required = {
  REQUEST_METHOD: 'GET',
  SCRIPT_NAME: '',
  PATH_INFO: '',
  QUERY_STRING: '',
  SERVER_PROTOCOL: 'HTTP/1.0',
};

/** The server's own keys, which no var takes the place of. `uwsgi.signal` is one more, but not the environ's own. */
export const serverKeys = [
  'wsgi.version',
  'wsgi.url_scheme',
  'wsgi.input',
  'wsgi.errors',
  'wsgi.multithread',
  'wsgi.multiprocess',
  'wsgi.run_once',
  'wsgi.file_wrapper',
  'uwsgi.version',
  'uwsgi.node',
];

export function expectedVars(vars: readonly Var[]): Map<string, string> {
  const result = new Map<string, string>(Object.entries(required));
  for (const [key, value] of vars) {
    const before = key.startsWith('HTTP_') ? result.get(key) : undefined;
    const separator = key === 'HTTP_COOKIE' ? '; ' : ', ';
    if (!serverKeys.includes(key) && key !== 'uwsgi.signal')
      result.set(key, before === undefined ? value : before + separator + value);
  }
  return result;
}

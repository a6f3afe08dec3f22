/** Headers out of an environ: by code made for a list of names that comes again, and without. */
import { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { makeRequest } from '../../../src/adapters/request.js';
import { WsgiInput } from '../../../src/wsgi/input.js';
import type { Environ } from '../../../src/wsgi/types.js';

const environ = (vars: Record<string, unknown>) =>
  ({
    REQUEST_METHOD: 'GET',
    REQUEST_URI: '/',
    SERVER_PROTOCOL: 'HTTP/1.1',
    CONTENT_TYPE: '',
    CONTENT_LENGTH: '',
    'wsgi.input': new WsgiInput(null, null),
    ...vars,
  }) as unknown as Environ;

function headersOf(vars: Record<string, unknown>, names: readonly string[]): string[] {
  return makeRequest(new IncomingMessage(null as never), environ(vars), names).rawHeaders;
}

const cases: Record<string, unknown>[] = [
  { HTTP_HOST: 'a', HTTP_ACCEPT_LANGUAGE: 'b' },
  {},
  { HTTP_HOST: 'a', CONTENT_TYPE: 'text/plain', CONTENT_LENGTH: '0' },
  { HTTP_HOST: 'a', HTTP_CONTENT_LENGTH: '7', HTTP_CONTENT_TYPE: 'x/y', CONTENT_LENGTH: '3' },
  { HTTP_TRANSFER_ENCODING: 'chunked', HTTP_HOST: 'a' },
  { HTTP_TRANSFER_ENCODING: 'chunked', CONTENT_LENGTH: '3', HTTP_HOST: 'a' },
  { 'HTTP_"]);throw 1//': 'a', 'HTTP_\\': 'b', 'HTTP_\u2028': 'c' },
];

describe('the headers of a request', () => {
  it.each(cases)('are the same by a list that comes again, of %j', (vars) => {
    const names = Object.keys(vars).filter((name) => name.startsWith('HTTP_'));
    const expected = headersOf(vars, names);
    Object.freeze(names);
    for (let i = 0; i < 3; i++) expect(headersOf(vars, names)).toEqual(expected);
  });

  it('lack what an application has taken away or made something else', () => {
    const names = Object.freeze(['HTTP_HOST', 'HTTP_COOKIE']);
    expect(headersOf({ HTTP_HOST: 'a', HTTP_COOKIE: 'b' }, names)).toEqual(['host', 'a', 'cookie', 'b']);
    expect(headersOf({ HTTP_COOKIE: 'b' }, names)).toEqual(['cookie', 'b']);
    expect(headersOf({ HTTP_HOST: 7, HTTP_COOKIE: 'b' }, names)).toEqual(['cookie', 'b']);
  });

  it('follow their list where several take turns', () => {
    const a = Object.freeze(['HTTP_A', 'HTTP_B']);
    const b = Object.freeze(['HTTP_B', 'HTTP_A']);
    const vars = { HTTP_A: '1', HTTP_B: '2' };
    for (let i = 0; i < 3; i++) {
      expect(headersOf(vars, a)).toEqual(['a', '1', 'b', '2']);
      expect(headersOf(vars, b)).toEqual(['b', '2', 'a', '1']);
    }
  });
});

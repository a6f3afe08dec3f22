/** What an exported value is taken for where nobody says so. */
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { recognise } from '../../../src/thread/app-kind.js';
import { captureListen } from '../../../src/thread/listen-capture.js';

const kindOf = async (value: unknown) => {
  const capture = captureListen('/srv/kinds.js');
  return (await recognise(value, { wanted: null, capture, isDefault: false }))?.kind ?? null;
};

it.each([
  ['a WSGI-style function', (environ: unknown, _start: unknown) => environ, 'wsgi'],
  ['one whose names a bundler has made shorter', (e: unknown, _t: unknown) => e, 'wsgi'],
  [
    'one with a third parameter of its own',
    (environ: unknown, _start: unknown, _more: unknown) => environ,
    'wsgi',
  ],
  ['a request listener', (req: unknown, _res: unknown) => req, 'node'],
  ['one that srvx has made', (nodeReq: unknown, _nodeRes: unknown) => nodeReq, 'node'],
  ['minified middleware', async (e: unknown, _t: unknown, _n: unknown) => e, 'node'],
  ['an object with a server, as of Restify', { listen() {}, server: createServer() }, 'node'],
  ['an object with a fetch method', { fetch() {} }, 'fetch'],
  ['a class', class {}, null],
  ['an object without anything', { listen() {} }, null],
])('%s', async (_, value, kind) => {
  expect(await kindOf(value)).toBe(kind);
});

import { describe, expect, it } from 'vitest';
import {
  addHeader,
  exceeds,
  type Framing,
  hasRequestBody,
  isMethod,
  newEnviron,
  normalisePath,
  serverFacts,
} from '../../../src/http/environ.js';

function read(headers: Array<[string, string]>) {
  const environ = newEnviron(
    { name: 'host', port: '80' },
    'GET',
    '/',
    '/',
    '',
    'HTTP/1.1',
    '10.0.0.1',
    '4711',
  );
  const framing: Framing = { invalid: false, chunked: false };
  for (const [name, value] of headers) addHeader(environ, framing, name, value);
  return { environ, framing };
}

describe('normalisePath', () => {
  // Each row was answered by nginx 1.22 in the same way ($document_uri).
  const rows: Array<[target: string, path: string | null, reason: string]> = [
    ['/', '/', 'the root'],
    ['/a/b', '/a/b', 'nothing to do'],
    ['/a%20b', '/a b', 'decoded'],
    ['/%C3%A9', '/\xc3\xa9', 'bytes stay bytes, as latin-1'],
    ['/\xc3\xa9', '/\xc3\xa9', 'raw bytes too'],
    ['/a+b', '/a+b', 'a plus is a plus in a path'],
    ['/%2541', '/%41', 'decoded once'],
    ['/a%2fb', '/a/b', 'an encoded slash is a slash'],
    ['/a%3Fb', '/a?b', 'an encoded question mark is part of the path'],
    ['/a%23b', '/a#b', 'an encoded number sign too'],
    ['//a///b', '/a/b', 'slashes are merged'],
    ['/a/', '/a/', 'the last one stays'],
    ['/a//', '/a/', 'merged at the end'],
    ['//', '/', 'only slashes'],
    ['/a/./b', '/a/b', 'dot'],
    ['/a/.', '/a/', 'dot at the end'],
    ['/.', '/', 'dot at the root'],
    ['/a/../b', '/b', 'dot dot'],
    ['/a/..', '/', 'dot dot at the end'],
    ['/a/b/..', '/a/', 'dot dot at the end keeps the slash'],
    ['/a//../b', '/b', 'merged before dot dot'],
    ['/a/%2e%2e/b', '/b', 'encoded dots are dots'],
    ['/.a/..b/...', '/.a/..b/...', 'names that begin with dots'],
    ['/a#b', '/a', 'a fragment is cut'],
    ['/..', null, 'above the root'],
    ['/a/../../b', null, 'above the root, later'],
    ['/%2e%2e/a', null, 'above the root, encoded'],
    ['/%', null, 'a broken escape'],
    ['/%4', null, 'half an escape'],
    ['/%zz', null, 'no hexadecimal digits'],
    ['/a%00b', null, 'NUL'],
  ];
  it.each(rows)('%s → %s (%s)', (target, path) => {
    expect(normalisePath(target)).toBe(path);
  });
});

describe('addHeader', () => {
  it('names keys as CGI does', () => {
    const { environ } = read([
      ['Host', 'example.org'],
      ['X-Forwarded-For', '10.0.0.2'],
      ['content-type', 'text/plain'],
      ['Content-Length', '3'],
    ]);
    expect(environ).toMatchObject({
      HTTP_HOST: 'example.org',
      HTTP_X_FORWARDED_FOR: '10.0.0.2',
      CONTENT_TYPE: 'text/plain',
      CONTENT_LENGTH: '3',
    });
    expect(environ).not.toHaveProperty('HTTP_CONTENT_TYPE');
    expect(environ).not.toHaveProperty('HTTP_CONTENT_LENGTH');
  });

  it('never invents CONTENT_TYPE and CONTENT_LENGTH', () => {
    const { environ } = read([['Host', 'x']]);
    expect(environ).not.toHaveProperty('CONTENT_TYPE');
    expect(environ).not.toHaveProperty('CONTENT_LENGTH');
  });

  it('joins what is repeated, cookies with a semicolon', () => {
    const { environ } = read([
      ['Accept', 'a'],
      ['accept', 'b'],
      ['Cookie', 'a=1'],
      ['Cookie', 'b=2'],
      ['Content-Type', 'text/plain'],
      ['Content-Type', 'text/html'],
    ]);
    expect(environ).toMatchObject({
      HTTP_ACCEPT: 'a, b',
      HTTP_COOKIE: 'a=1; b=2',
      CONTENT_TYPE: 'text/plain',
    });
  });

  it('keeps a header that came empty', () => {
    const { environ } = read([
      ['X-Empty', ''],
      ['X-Empty', 'a'],
    ]);
    expect(environ.HTTP_X_EMPTY).toBe(', a');
  });

  it.each([['X_User'], ['X.User'], ['X!'], ['__proto__']])('drops %s, which nginx drops', (name) => {
    const plain = Object.keys(read([]).environ);
    const { environ } = read([[name, 'admin']]);
    expect(Object.keys(environ)).toEqual(plain);
  });

  it('takes names that Object.prototype has for ordinary ones', () => {
    expect(read([['constructor', 'a']]).environ.HTTP_CONSTRUCTOR).toBe('a');
  });

  it('still names headers rightly once it has stopped remembering new ones', () => {
    const many = Array.from({ length: 3_000 }, (_, i): [string, string] => [`X-Many-${i}`, String(i)]);
    const { environ } = read(many);
    expect(environ.HTTP_X_MANY_2999).toBe('2999');
    expect(read([['X-Many-2999', 'again']]).environ.HTTP_X_MANY_2999).toBe('again');
  });

  const framings: Array<[reason: string, headers: Array<[string, string]>, expected: Framing]> = [
    ['nothing', [], { invalid: false, chunked: false }],
    ['a length', [['Content-Length', '3']], { invalid: false, chunked: false }],
    ['chunks', [['Transfer-Encoding', 'Chunked']], { invalid: false, chunked: true }],
    [
      'two hosts',
      [
        ['Host', 'a'],
        ['Host', 'b'],
      ],
      { invalid: true, chunked: false },
    ],
    [
      'two lengths',
      [
        ['Content-Length', '3'],
        ['Content-Length', '3'],
      ],
      { invalid: true, chunked: false },
    ],
    ['a list of lengths', [['Content-Length', '3, 3']], { invalid: true, chunked: false }],
    ['a signed length', [['Content-Length', '+3']], { invalid: true, chunked: false }],
    ['an empty length', [['Content-Length', '']], { invalid: true, chunked: false }],
    ['another coding', [['Transfer-Encoding', 'gzip, chunked']], { invalid: true, chunked: true }],
    [
      'length, then chunks',
      [
        ['Content-Length', '3'],
        ['Transfer-Encoding', 'chunked'],
      ],
      { invalid: true, chunked: true },
    ],
    [
      'chunks, then length',
      [
        ['Transfer-Encoding', 'chunked'],
        ['Content-Length', '3'],
      ],
      { invalid: true, chunked: true },
    ],
  ];
  it.each(framings)('notes the framing of %s', (_, headers, expected) => {
    const { environ, framing } = read(headers);
    expect(framing).toEqual(expected);
    expect(environ).not.toHaveProperty('HTTP_TRANSFER_ENCODING');
  });
});

describe('body of a request', () => {
  it.each([
    [[], false],
    [[['Content-Length', '0']], false],
    [[['Content-Length', '00']], false],
    [[['Content-Length', '1']], true],
    [[['Transfer-Encoding', 'chunked']], true],
  ] as Array<[Array<[string, string]>, boolean]>)('%j: %s', (headers, expected) => {
    const { environ, framing } = read(headers);
    expect(hasRequestBody(environ, framing)).toBe(expected);
  });

  it('is compared with limit-post', () => {
    const { environ } = read([['Content-Length', '11']]);
    expect(exceeds(environ, 10)).toBe(true);
    expect(exceeds(environ, 11)).toBe(false);
    expect(exceeds(environ, 0)).toBe(false);
    expect(exceeds(read([]).environ, 10)).toBe(false);
  });
});

describe('isMethod', () => {
  it.each([
    ['GET', true],
    ['PROPFIND', true],
    ['M-SEARCH', true],
    ['get', false],
    ['', false],
    ['G\xc9T', false],
    ['-GET', false],
  ])('%j: %s', (method, expected) => {
    expect(isMethod(method)).toBe(expected);
  });
});

describe('serverFacts', () => {
  it.each([
    [{ name: '127.0.0.1:8080', family: 'inet' }, '8080'],
    [{ name: '[::1]:81', family: 'inet6' }, '81'],
    [{ name: '/run/a:b.sock', family: 'unix' }, '80'],
  ])('%j → port %s', (listener, port) => {
    expect(serverFacts(listener, 'host')).toEqual({ name: 'host', port });
  });
});

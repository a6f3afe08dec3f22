/** What start_response refuses, and how what it accepts goes on the wire. */
import { describe, expect, it } from 'vitest';
import { hasBody, makeHead } from '../../../src/wsgi/headers.js';
import type { Header } from '../../../src/wsgi/types.js';

const head = (status: unknown, headers: unknown = []) => makeHead(status as string, headers as Header[]);

describe('a head', () => {
  it('is flattened as it goes on the wire, in the order given', () => {
    const headers: Header[] = [
      ['Content-Type', 'text/html; charset=utf-8'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['x-EMPTY', ''],
    ];
    expect(makeHead('200 OK', headers)).toEqual({
      code: 200,
      status: '200 OK',
      headers,
      text: '200 OK\r\nContent-Type: text/html; charset=utf-8\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nx-EMPTY: \r\n',
      contentLength: null,
    });
  });

  it('is not that of the call before, however alike the two are', () => {
    const base: Header[] = [
      ['A', '1'],
      ['B', '2'],
    ];
    const variants: [string, Header[]][] = [
      ['200 OK', base],
      ['200 Ok', base],
      ['200 OK', [['A', '1']]],
      ['200 OK', [...base, ['C', '3']]],
      ['200 OK', [base[1]!, base[0]!]],
      ['200 OK', [base[0]!, ['B', '3']]],
      ['200 OK', [base[0]!, ['b', '2']]],
    ];
    for (const [status, headers] of [...variants, ...variants.reverse()]) {
      const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      expect(makeHead(status, headers).text).toBe(`${status}\r\n${lines}`);
    }
  });

  it('does not change with the list it was made of', () => {
    const headers: [string, string][] = [['A', '1']];
    for (let i = 0; i < 40; i++) {
      headers[0]![1] = String(i);
      expect(makeHead('200 OK', headers).text).toBe(`200 OK\r\nA: ${i}\r\n`);
      headers[0]![1] = 'changed later';
      expect(makeHead('200 OK', [['A', String(i)]]).text).toBe(`200 OK\r\nA: ${i}\r\n`);
    }
  });

  it('is checked again when a list that has passed changes', () => {
    const headers: [string, string][] = [['A', '1']];
    makeHead('200 OK', headers);
    headers[0]![1] = 'x\r\ny';
    expect(() => makeHead('200 OK', headers)).toThrow('the value of A');
  });

  it('carries every latin-1 character that is not a control', () => {
    const value = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
      .filter((char) => char === '\t' || (char >= ' ' && char !== '\x7f'))
      .join('');
    expect(makeHead('200 OK', [['X', value]]).text).toContain(`X: ${value}\r\n`);
  });
});

describe('a status', () => {
  it.each(['200 OK', '200 ', '404 Not Found', '999 What ever', '200 Schön', '299 a\tb'])(
    'may be %j',
    (status) => {
      expect(head(status).code).toBe(Number(status.slice(0, 3)));
    },
  );

  it.each([
    200,
    undefined,
    null,
    '',
    'OK',
    '200',
    '20 OK',
    '2000 OK',
    '200OK',
    ' 200 OK',
    '099 Low',
    '200 OK\r\nX: y',
    '200 OK\n',
    '200 \0',
    '200 \x7f',
    '200 €',
    ['200 OK'],
  ])('may not be %j', (status) => {
    expect(() => head(status)).toThrow(
      expect.objectContaining({
        code: 'UWSGI_STATUS',
        message: expect.stringMatching(/^start_response: the status must be a string like '200 OK', not /),
      }),
    );
  });
});

describe('the list of headers', () => {
  it.each([[undefined], [null], [{ 'Content-Type': 'x' }], ['Content-Type: x'], [new Map()], [5]])(
    'may not be %o',
    (headers) => {
      // Not undefined: PEP 3333 has no default.
      expect(() => makeHead('200 OK', headers as never)).toThrow(
        expect.objectContaining({
          code: 'UWSGI_HEADERS',
          message: expect.stringContaining('must be an array of [name, value] pairs'),
        }),
      );
    },
  );

  it.each([['A: b'], [['A']], [['A', 'b', 'c']], [{ A: 'b' }], [null], [undefined], [5]])(
    'may not hold %o',
    (pair) => {
      expect(() => head('200 OK', [pair])).toThrow(
        expect.objectContaining({
          code: 'UWSGI_HEADERS',
          message: expect.stringContaining('a header must be a [name, value] pair'),
        }),
      );
    },
  );
});

describe('a name', () => {
  it.each(['A', 'x-y_z', "X!#$%&'*+-.^_`|~0", 'ETag'])('may be %j', (name) => {
    expect(head('200 OK', [[name, 'v']]).text).toContain(`${name}: v`);
  });

  it.each(['', 'A B', 'A:', 'A\r\nB', 'A\n', 'A\0', 'Ä', 'A\t', '(A)', 5, null, undefined])(
    'may not be %j',
    (name) => {
      expect(() => head('200 OK', [[name, 'v']])).toThrow(
        expect.objectContaining({
          code: 'UWSGI_HEADER_NAME',
          message: expect.stringContaining('is not a header name (RFC 9110, 5.6.2)'),
        }),
      );
    },
  );

  // RFC 2616, section 13.5.1, which PEP 3333 refers to.
  it.each([
    'Connection',
    'keep-alive',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'TE',
    'Trailers',
    'TRAILER',
    'transfer-encoding',
    'Upgrade',
  ])('may not be hop-by-hop: %s', (name) => {
    for (let again = 0; again < 2; again++) {
      expect(() => head('200 OK', [[name, 'v']])).toThrow(
        expect.objectContaining({
          code: 'UWSGI_HOP_BY_HOP',
          message: expect.stringContaining(`${name} belongs to the server's connection`),
        }),
      );
    }
  });
});

describe('a value', () => {
  it.each([
    'a\r\nB: c',
    'a\n',
    '\r',
    'a\0',
    '\x7f',
    '\x1b[31m',
    '€',
    5,
    null,
    undefined,
    ['a'],
    Buffer.from('a'),
  ])('may not be %j', (value) => {
    expect(() => head('200 OK', [['X-Name', value]])).toThrow(
      expect.objectContaining({
        code: 'UWSGI_HEADER_VALUE',
        message: expect.stringContaining(
          'the value of X-Name must be a latin-1 string without CR, LF or NUL',
        ),
      }),
    );
  });
});

describe('Content-Length', () => {
  it.each([
    ['0', 0],
    ['42', 42],
    ['007', 7],
    ['999999999999999', 999999999999999],
  ])('may be %s', (value, length) => {
    expect(head('200 OK', [['content-LENGTH', value]]).contentLength).toBe(length);
  });

  it.each(['', '-1', '+1', '1 ', ' 1', '0x10', '1e3', '1.0', 'many', '1000000000000000'])(
    'may not be %j',
    (value) => {
      expect(() => head('200 OK', [['Content-Length', value]])).toThrow(
        expect.objectContaining({
          code: 'UWSGI_CONTENT_LENGTH',
          message: expect.stringContaining('Content-Length must be a number'),
        }),
      );
    },
  );

  it('may not be given twice, not even alike', () => {
    const twice = [
      ['Content-Length', '5'],
      ['content-length', '5'],
    ];
    expect(() => head('200 OK', twice)).toThrow(
      expect.objectContaining({
        code: 'UWSGI_CONTENT_LENGTH',
        message: expect.stringContaining('given twice'),
      }),
    );
  });
});

it('a head of more than 65 000 characters is refused: nobody would take it', () => {
  const filler = (size: number): Header[] => [['X', 'x'.repeat(size)]];
  const around = '200 OK\r\nX: \r\n'.length;
  expect(makeHead('200 OK', filler(65_000 - around)).text).toHaveLength(65_000);
  expect(() => makeHead('200 OK', filler(65_001 - around))).toThrow(
    expect.objectContaining({ code: 'UWSGI_HEAD_TOO_LARGE' }),
  );
});

// RFC 9110, sections 9.3.2, 15.2, 15.3.5 and 15.4.5.
it.each([
  ['GET', 200, true],
  ['POST', 500, true],
  ['GET', 205, true],
  ['HEAD', 200, false],
  ['GET', 204, false],
  ['GET', 304, false],
  ['GET', 103, false],
  ['head', 200, true],
])('a response to %s with %d has a body: %s', (method, code, expected) => {
  expect(hasBody(method, code)).toBe(expected);
});

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import type { Application, Environ, StartResponse } from '../../../src/wsgi/types.js';
import { type Violation, validator } from '../../../src/wsgi/validator.js';

const input = {
  read: () => Buffer.alloc(0),
  readline: () => Buffer.alloc(0),
  readlines: () => [],
  stream: () => null,
  *[Symbol.iterator]() {},
  async *[Symbol.asyncIterator]() {},
};
const errors = { write: () => {}, writelines: () => {}, flush: () => {} };

function environOf(changes: Record<string, unknown> = {}): Environ {
  return {
    REQUEST_METHOD: 'GET',
    SCRIPT_NAME: '',
    PATH_INFO: '/',
    QUERY_STRING: '',
    SERVER_NAME: 'localhost',
    SERVER_PORT: '80',
    SERVER_PROTOCOL: 'HTTP/1.1',
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': 'http',
    'wsgi.input': input,
    'wsgi.errors': errors,
    'wsgi.multithread': false,
    'wsgi.multiprocess': false,
    'wsgi.run_once': false,
    ...changes,
  } as unknown as Environ;
}

const startResponse: StartResponse = () => () => true;

/** What is reported of one request whose body is read to its end, then closed. */
async function brokenBy(application: Application, environ = environOf()): Promise<string[]> {
  const found: Violation[] = [];
  const watched = validator(application, { report: (violation) => found.push(violation) });
  const body = await watched(environ, startResponse);
  if (typeof body === 'object' && body !== null && !(body instanceof Uint8Array)) {
    const iterable = Symbol.iterator in body || Symbol.asyncIterator in body;
    if (iterable) for await (const _chunk of body as AsyncIterable<unknown>);
    (body as { close?(): void }).close?.();
  }
  return found.map(({ code, side }) => `${side}: ${code.replace('UWSGI_RULE_', '')}`);
}

const plain: [string, string][] = [['Content-Type', 'text/plain']];
const good: Application = (_environ, start) => {
  start('200 OK', plain);
  return ['fine'];
};
const answering = (status: unknown, headers: unknown = plain): Application => {
  return (_environ, start) => {
    start(status as string, headers as [string, string][]);
    return ['x'];
  };
};

const returning = (body: unknown): Application => {
  return (_environ, start) => {
    start('200 OK', plain);
    return body as string;
  };
};
const startingTwice: Application = (environ, start) => {
  start('200 OK', plain);
  return good(environ, start);
};

describe('a server', () => {
  it('breaks no rule with a whole environ', async () => {
    expect(await brokenBy(good)).toEqual([]);
  });

  it.each([
    ['no SERVER_NAME', { SERVER_NAME: undefined }, 'ENVIRON_KEY'],
    ['HTTP_CONTENT_TYPE', { HTTP_CONTENT_TYPE: 'a/b' }, 'ENVIRON_HEADER'],
    ['HTTP_CONTENT_LENGTH', { HTTP_CONTENT_LENGTH: '1' }, 'ENVIRON_HEADER'],
    ['a var that is a number', { SERVER_PORT: 80 }, 'ENVIRON_VALUE'],
    ['another version', { 'wsgi.version': [2, 0] }, 'VERSION'],
    ['another scheme', { 'wsgi.url_scheme': 'ftp' }, 'URL_SCHEME'],
    ['a method with a blank', { REQUEST_METHOD: 'GET IT' }, 'REQUEST_METHOD'],
    ['a PATH_INFO without a slash', { PATH_INFO: 'x' }, 'PATH'],
    ['a SCRIPT_NAME without a slash', { SCRIPT_NAME: 'x' }, 'PATH'],
    ['a slash as SCRIPT_NAME', { SCRIPT_NAME: '/' }, 'SCRIPT_NAME'],
    ['no path at all', { PATH_INFO: '' }, 'NO_PATH'],
    ['a CONTENT_LENGTH that is no number', { CONTENT_LENGTH: '-1' }, 'CONTENT_LENGTH'],
    ['no QUERY_STRING', { QUERY_STRING: undefined }, 'QUERY_STRING'],
    ['an input that is no iterable', { 'wsgi.input': { ...input, [Symbol.iterator]: undefined } }, 'STREAM'],
    ['an input that cannot readline', { 'wsgi.input': { ...input, readline: undefined } }, 'STREAM'],
    ['errors that cannot flush', { 'wsgi.errors': { ...errors, flush: undefined } }, 'STREAM'],
  ])('is told of %s', async (_what, changes, code) => {
    const environ = environOf(changes);
    for (const key of Object.keys(changes)) if (environ[key] === undefined) delete environ[key];
    expect(await brokenBy(good, environ)).toContain(`server: ${code}`);
  });

  it('is told of an environ that is none, and of a call with too much', async () => {
    const found: Violation[] = [];
    const watched = validator(() => 'x', { report: (violation) => found.push(violation) });
    watched([] as unknown as Environ, startResponse);
    (watched as (...given: unknown[]) => unknown)(environOf(), startResponse, 1);
    expect(found.map(({ code }) => code)).toEqual([
      'UWSGI_RULE_ENVIRON',
      'UWSGI_RULE_CALL',
      'UWSGI_RULE_NEVER_STARTED',
    ]);
  });

  it.each([
    ['read', 'text', 'INPUT_RESULT'],
    ['readline', null, 'INPUT_RESULT'],
    ['readlines', ['text'], 'INPUT_RESULT'],
  ])('is told of an input whose %s() gives no bytes', async (method, result, code) => {
    const environ = environOf({ 'wsgi.input': { ...input, [method]: () => result } });
    const reading: Application = (environ, start) => {
      (environ['wsgi.input'] as unknown as Record<string, () => void>)[method]!();
      return good(environ, start);
    };
    expect(await brokenBy(reading, environ)).toEqual([`server: ${code}`]);
  });

  it('is told of a body that it has let go of without close()', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const found: string[] = [];
    await validator(good, { report: ({ code }) => found.push(code) })(environOf(), startResponse);
    await vi.waitFor(() => {
      collect();
      expect(found).toEqual(['UWSGI_RULE_NEVER_CLOSED']);
    });
  });

  it('is told of a body that is iterated twice, or read after close', async () => {
    const found: string[] = [];
    const watched = validator(good, { report: ({ code }) => found.push(code) });
    const body = (await watched(environOf(), startResponse)) as Iterable<string> & { close(): void };
    for (const _chunk of body);
    const again = body[Symbol.iterator]();
    body.close();
    again.next();
    expect(found).toEqual(['UWSGI_RULE_ITERATED_TWICE', 'UWSGI_RULE_READ_AFTER_CLOSE']);
  });
});

describe('an application', () => {
  it.each([
    ['a number as status', answering(200), 'STATUS'],
    ['a status without a number', answering('OK'), 'STATUS_CODE'],
    ['a status below 100', answering('099 X'), 'STATUS_CODE'],
    ['a status without a reason', answering('200'), 'STATUS_REASON'],
    ['headers in an object', answering('200 OK', { a: 'b' }), 'HEADERS'],
    ['a header that is no pair', answering('200 OK', [...plain, ['a']]), 'HEADER_PAIR'],
    ['a header with a number', answering('200 OK', [...plain, ['Age', 1]]), 'HEADER_PAIR'],
    ['a Status header', answering('200 OK', [...plain, ['Status', '1']]), 'HEADER_STATUS'],
    ['a name with a blank', answering('200 OK', [...plain, ['a b', '1']]), 'HEADER_NAME'],
    ['a name that ends with a hyphen', answering('200 OK', [...plain, ['a-', '1']]), 'HEADER_NAME'],
    ['a value with a line break', answering('200 OK', [...plain, ['a', '1\r\nb: 2']]), 'HEADER_VALUE'],
    ['a value with a tab', answering('200 OK', [...plain, ['a', '1\t2']]), 'HEADER_VALUE'],
    ['a hop-by-hop header', answering('200 OK', [...plain, ['Connection', 'close']]), 'HOP_BY_HOP'],
    ['no Content-Type', answering('200 OK', []), 'NO_CONTENT_TYPE'],
    ['Content-Type with 204', answering('204 No Content'), 'CONTENT_TYPE'],
    ['no body', (_e: Environ, start: StartResponse) => void start('200 OK', plain), 'BODY'],
    ['an object as body', returning({}), 'BODY'],
    ['a number as chunk', returning([1]), 'CHUNK'],
    ['a second start', startingTwice, 'STARTED_TWICE'],
    ['no start at all', (() => ['x']) as Application, 'NOT_STARTED'],
    ['no start before the end', (() => []) as Application, 'NEVER_STARTED'],
  ] as [string, Application, string][])('is told of %s', async (_what, application, code) => {
    expect(await brokenBy(application)).toContain(`application: ${code}`);
  });

  it.each([
    [
      'write with two arguments',
      (environ: Environ, start: StartResponse) => {
        (start('200 OK', plain) as (...given: unknown[]) => unknown)('a', 'b');
        environ['wsgi.errors'].write('fine');
        return [];
      },
      'WRITE',
    ],
    [
      'write of a number',
      (_e: Environ, start: StartResponse) => {
        (start('200 OK', plain) as (chunk: unknown) => unknown)(1);
        return [];
      },
      'CHUNK',
    ],
    [
      'read with two arguments',
      (e: Environ, start: StartResponse) => {
        (e['wsgi.input'].read as (...given: unknown[]) => unknown)(1, 2);
        return good(e, start);
      },
      'INPUT',
    ],
    [
      'a closed input',
      (e: Environ, start: StartResponse) => {
        (e['wsgi.input'] as unknown as { close(): void }).close();
        return good(e, start);
      },
      'INPUT_CLOSED',
    ],
    [
      'an error that is no text',
      (e: Environ, start: StartResponse) => {
        (e['wsgi.errors'].write as (text: unknown) => void)(1);
        return good(e, start);
      },
      'ERRORS_WRITE',
    ],
    [
      'closed errors',
      (e: Environ, start: StartResponse) => {
        (e['wsgi.errors'] as unknown as { close(): void }).close();
        return good(e, start);
      },
      'ERRORS_CLOSED',
    ],
  ] as [string, Application, string][])('is told of %s', async (_what, application, code) => {
    expect(await brokenBy(application)).toContain(`application: ${code}`);
  });

  it('may start again with an error, late in a generator, and after a promise', async () => {
    const again: Application = (_environ, start) => {
      start('200 OK', plain);
      start('500 Internal Server Error', plain, new Error('on purpose'));
      return ['x'];
    };
    const late: Application = function* (_environ: Environ, start: StartResponse) {
      start('200 OK', plain);
      yield 'x';
    };
    const slow: Application = async (environ, start) => good(environ, start);
    for (const application of [again, late, slow]) expect(await brokenBy(application)).toEqual([]);
  });

  it('is told in the log, with the request, when nobody else wants to know', () => {
    const logged: string[] = [];
    const environ = environOf({ 'wsgi.errors': { ...errors, write: (text: string) => logged.push(text) } });
    validator(answering('200'))(environ, startResponse);
    expect(logged).toEqual([
      "uwsgi-node/validator: application: a blank and a reason must follow the number: '200' [GET /]\n",
    ]);
  });

  it('has its close() called through', async () => {
    let closed = 0;
    const application: Application = (_environ, start) => {
      start('200 OK', plain);
      return Object.assign(['x'], { close: () => (closed += 1) });
    };
    await brokenBy(application);
    expect(closed).toBe(1);
  });
});

/** Everything an application may return as its body, and what it may not. */
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { fileWrapper } from '../../../../src/wsgi/file-wrapper.js';
import { WsgiInput } from '../../../../src/wsgi/input.js';
import { answering, plain, serve, serveWhole } from '../serve.js';

/** A body kind, how it is made of chunks, and whether it is known as a whole before anything is sent. */
const kinds: [name: string, make: (chunks: string[]) => unknown, whole: boolean][] = [
  ['a string', (chunks) => chunks.join(''), true],
  ['a Buffer', (chunks) => Buffer.from(chunks.join('')), true],
  ['a Uint8Array', (chunks) => new TextEncoder().encode(chunks.join('')), true],
  ['a list of strings', (chunks) => chunks, true],
  ['a list of bytes', (chunks) => chunks.map((chunk) => Buffer.from(chunk)), true],
  ['a list of both', (chunks) => chunks.map((chunk, i) => (i % 2 ? chunk : Buffer.from(chunk))), true],
  ['a Set', (chunks) => new Set(chunks), false],
  ['a generator', (chunks) => chunks.values(), false],
  ['an object with an iterator', (chunks) => ({ [Symbol.iterator]: () => chunks.values() }), false],
  ['an async generator', (chunks) => asyncValues(chunks), false],
  ['a stream', (chunks) => Readable.from(chunks.map((chunk) => Buffer.from(chunk))), false],
  ['a stream of objects', (chunks) => Readable.from(chunks), false],
  [
    'a stream that decodes',
    (chunks) => Readable.from(chunks, { objectMode: false, encoding: 'utf8' }),
    false,
  ],
  ['a web stream', (chunks) => ReadableStream.from(chunks), false],
  ['a file wrapper', (chunks) => fileWrapper(fileOf(chunks)), false],
  ['the request body', (chunks) => new WsgiInput(Buffer.from(chunks.join('')), null), false],
];

async function* asyncValues(chunks: string[]) {
  yield* chunks;
}

function fileOf(chunks: string[]) {
  const left = [...chunks];
  return { read: () => Buffer.from(left.shift() ?? '') };
}

const alternatives: [how: string, wrap: (body: unknown) => unknown][] = [
  ['returned', (body) => body],
  ['promised', (body) => Promise.resolve(body)],
  // biome-ignore lint/suspicious/noThenProperty: that is what makes it a promise of another library
  ['promised by another library', (body) => ({ then: (resolve: (value: unknown) => void) => resolve(body) })],
];

describe.each(kinds)('%s', (_, make, whole) => {
  it.each(alternatives)('is a body when %s', async (_how, wrap) => {
    const chunks = ['one ', 'zwei ', 'três ', '四'];
    const { text, errors, sink } = await serveWhole(answering(() => wrap(make(chunks))));
    expect(text).toBe('one zwei três 四');
    expect(errors).toEqual([]);
    expect(sink.state).toBe('complete');
    expect(sink.calls.includes('respond 200')).toBe(whole);
  });

  it('is a body when it is empty', async () => {
    const { text, status, errors } = await serveWhole(answering(() => make([])));
    expect([text, status, errors]).toEqual(['', 200, []]);
  });
});

describe('a body known as a whole', () => {
  it.each([
    ['a list of one chunk', () => ['x']],
    ['a list of many', () => ['x', '', 'y']],
    ['nothing', () => null],
    ['undefined', () => undefined],
    ['an empty string', () => ''],
  ])('is sent with its head in one go: %s', (_, body) => {
    expect(serve(answering(body)).sink.calls).toEqual(['respond 200']);
  });

  it('may mix strings and bytes', () => {
    const body = [Buffer.from([0xff]), 'ä', new Uint8Array([0])];
    expect(serve(answering(() => body)).sink.body).toEqual(Buffer.from([0xff, 0xc3, 0xa4, 0]));
  });

  it('has its text sent as UTF-8', () => {
    expect(serve(answering(() => 'ÿ€𝄞')).sink.body).toEqual(Buffer.from('ÿ€𝄞', 'utf8'));
  });
});

describe('a body that comes in chunks', () => {
  it('is sent chunk by chunk as it is made, empty ones left out', () => {
    const { sink } = serve(
      answering(function* () {
        yield 'a';
        yield '';
        yield Buffer.from('b');
        yield new Uint8Array(0);
        yield 'c';
      }),
    );
    expect(sink.calls).toEqual(['begin 200', 'write b', 'write c', 'end']);
  });

  it('may be only empty chunks: head and no body', async () => {
    const { sink } = await serveWhole(
      answering(async function* () {
        yield '';
        yield Buffer.alloc(0);
      }),
    );
    expect(sink.calls).toEqual(['respond 200']);
    expect(sink.body).toEqual(Buffer.alloc(0));
  });

  it('is preferred asynchronous where it can be read both ways', async () => {
    const both = {
      *[Symbol.iterator]() {
        yield 'sync';
      },
      async *[Symbol.asyncIterator]() {
        yield 'async';
      },
    };
    expect((await serveWhole(answering(() => both))).text).toBe('async');
  });
});

describe('what is no body', () => {
  it.each([
    ['a number', 5, 'returned 5:'],
    ['a boolean', true, 'returned true:'],
    ['a plain object', { status: 200 }, 'returned { status: 200 }:'],
    ['a function', () => 'x', 'returned [Function'],
    ['a symbol', Symbol('x'), 'returned Symbol(x):'],
    ['an ArrayBuffer', new ArrayBuffer(1), 'returned ArrayBuffer'],
  ])('is a 500 that says what it was: %s', (_, body, words) => {
    const { status, errors } = serve(answering(() => body));
    expect(status).toBe(500);
    expect(errors).toMatchObject([{ code: 'UWSGI_BODY', message: expect.stringContaining(words) }]);
  });

  it.each([
    ['a number in a list', () => ['a', 5]],
    ['a lone number in a list', () => [5]],
    ['null in a list', () => ['a', null]],
    ['a list in a list', () => [['a'], 'b']],
    ['a promise in a list', () => [Promise.resolve('a'), 'b']],
    ['bytes as numbers', () => new Uint16Array([1])],
    [
      'null from a generator',
      function* () {
        yield null;
      },
    ],
    [
      'undefined from an async generator',
      async function* () {
        yield undefined;
      },
    ],
    ['an object from a stream', () => Readable.from([{ a: 1 }])],
    ['a promise from a file', () => fileWrapper({ read: async () => 'x' } as never)],
  ])('is a 500 as a chunk, too: %s', async (_, body) => {
    const { status, errors } = await serveWhole(answering(body));
    expect(status).toBe(500);
    expect(errors).toMatchObject([{ code: 'UWSGI_CHUNK' }]);
  });

  it('breaks off a response that has begun', () => {
    const { sink, errors } = serve(
      answering(function* () {
        yield 'fine';
        yield 5;
      }),
    );
    expect(sink.calls).toEqual(['begin 200', 'abort']);
    expect(errors).toMatchObject([{ code: 'UWSGI_CHUNK' }]);
  });

  it('is a web stream that somebody else reads', async () => {
    const stream = ReadableStream.from(['x']);
    stream.getReader();
    const { status, errors } = await serveWhole(answering(() => stream));
    expect([status, errors.length]).toEqual([500, 1]);
  });
});

describe('a response without a body', () => {
  const statuses = ['204 No Content', '304 Not Modified'];
  const requests: [method: string, status: string][] = [
    ['HEAD', '200 OK'],
    ['HEAD', '404 Not Found'],
    ...statuses.map((status): [string, string] => ['GET', status]),
  ];

  describe.each(requests)('%s → %s', (method, status) => {
    it.each(kinds)('sends only the head of %s', async (_, make) => {
      const headers = [plain, ['Content-Length', '100']] as const;
      const served = await serveWhole(
        (_environ, startResponse) => {
          startResponse(status, headers);
          return make(['not sent']) as never;
        },
        { method },
      );
      expect(served.sink.calls).toEqual([`respond ${status.slice(0, 3)}`]);
      expect(served.sink.body).toBeNull();
      expect(served.sink.head?.headers).toEqual(headers);
      expect(served.errors).toEqual([]);
    });
  });

  it('ends an endless body at its first chunk', async () => {
    let closed = false;
    const { sink } = await serveWhole(
      answering(async function* () {
        try {
          for (;;) yield 'tick';
        } finally {
          closed = true;
        }
      }),
      { method: 'HEAD' },
    );
    await null;
    expect(sink.calls).toEqual(['respond 200']);
    expect(closed).toBe(true);
  });

  it('takes what is written and sends none of it', () => {
    const { sink } = serve(
      (_, startResponse) => {
        const write = startResponse('200 OK', []);
        expect(write('a')).toBe(false);
        write('b');
        return (function* () {
          yield 'c';
        })();
      },
      { method: 'HEAD' },
    );
    expect(sink.calls).toEqual(['respond 200']);
  });

  it('is decided by the method of the request, whatever the application makes of its environ', () => {
    const { sink } = serve(
      (environ, startResponse) => {
        environ.REQUEST_METHOD = 'GET';
        startResponse('200 OK', []);
        return 'not sent';
      },
      { method: 'HEAD' },
    );
    expect(sink.body).toBeNull();
  });

  it('is a 500, too, when HEAD fails', () => {
    const { sink } = serve(
      () => {
        throw new Error('broken');
      },
      { method: 'HEAD' },
    );
    expect([sink.head?.code, sink.body]).toEqual([500, null]);
  });
});

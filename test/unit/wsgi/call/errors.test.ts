/** What becomes of errors: nothing sent yet, a 500; otherwise the peer must notice; the log hears of them in any case. */
import { describe, expect, it } from 'vitest';
import type { Application } from '../../../../src/wsgi/types.js';
import { FakeSink } from '../fake-sink.js';
import { answering, plain, serve, serveWhole, settle } from '../serve.js';

const failure = new Error('of the application');

const before: [name: string, application: Application][] = [
  [
    'before start_response',
    () => {
      throw failure;
    },
  ],
  [
    'after start_response',
    answering(() => {
      throw failure;
    }),
  ],
  ['in a promise, before start_response', () => Promise.reject(failure)],
  ['in a promise', answering(() => Promise.reject(failure))],
  [
    'in an async function',
    async (_, startResponse) => {
      startResponse('200 OK', []);
      await null;
      throw failure;
    },
  ],
  [
    'in a thenable that throws',
    answering(() => ({
      // biome-ignore lint/suspicious/noThenProperty: that is what makes it a thenable
      then: () => {
        throw failure;
      },
    })),
  ],
  [
    'in the first step of a generator',
    // biome-ignore lint/correctness/useYield: it fails before
    function* () {
      throw failure;
    },
  ],
  [
    'after an empty chunk',
    answering(function* () {
      yield '';
      throw failure;
    }),
  ],
  [
    'after an empty chunk of an async generator',
    answering(async function* () {
      yield '';
      throw failure;
    }),
  ],
  [
    'in [Symbol.iterator]',
    answering(() => ({
      [Symbol.iterator]() {
        throw failure;
      },
    })),
  ],
  [
    'in [Symbol.asyncIterator]',
    answering(() => ({
      [Symbol.asyncIterator]() {
        throw failure;
      },
    })),
  ],
  ['in a web stream', answering(() => new ReadableStream({ start: (c) => c.error(failure) }))],
];

describe('an error before the first byte', () => {
  it.each(before)('is a plain 500: %s', async (_, application) => {
    const { sink, text, errors } = await serveWhole(application);
    expect(errors).toEqual([failure]);
    expect(sink.calls).toEqual(['respond 500']);
    expect(sink.head).toMatchObject({
      status: '500 Internal Server Error',
      headers: [plain, ['Content-Length', '22']],
    });
    expect(text).toBe('Internal Server Error\n');
  });
});

describe('an error after the first byte', () => {
  it.each<[string, Application]>([
    [
      'of a generator',
      answering(function* () {
        yield 'a';
        throw failure;
      }),
    ],
    [
      'of an async generator',
      answering(async function* () {
        yield 'a';
        throw failure;
      }),
    ],
    [
      'that was written',
      (_, startResponse) => {
        startResponse('200 OK', [])('a');
        throw failure;
      },
    ],
    [
      'that was written, in a promise',
      async (_, startResponse) => {
        startResponse('200 OK', [])('a');
        throw failure;
      },
    ],
  ])('breaks the response off: %s', async (_, application) => {
    const { sink, errors } = await serveWhole(application);
    expect(sink.calls).toEqual(['begin 200', 'abort']);
    expect(errors).toEqual([failure]);
  });
});

describe('an error after the response', () => {
  it('is reported and changes nothing', async () => {
    const { sink, errors } = serve(
      (_, startResponse) => {
        startResponse('200 OK', [])('whole');
        return Promise.reject(failure);
      },
      { method: 'HEAD' },
    );
    await settle();
    expect([sink.calls, errors]).toEqual([['respond 200'], [failure]]);
  });
});

describe('what is thrown', () => {
  it.each([['text'], [undefined], [null], [0], [{ code: 1 }], [Symbol('x')]])(
    'need not be an Error: %s',
    async (thrown) => {
      for (const application of [
        () => {
          throw thrown;
        },
        () => Promise.reject(thrown),
      ]) {
        const { status, errors } = await serveWhole(application);
        expect([status, errors]).toEqual([500, [thrown]]);
      }
    },
  );
});

describe('a peer that has gone', () => {
  const withSignal: Application = async ({ 'uwsgi.signal': signal }) => {
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };

  it('makes no noise when its signal stops the application', async () => {
    const { sink, errors } = serve(withSignal);
    sink.leave();
    await settle();
    expect(errors).toEqual([]);
  });

  it('makes no noise when its signal stops a body', async () => {
    const { sink, errors } = serve(
      answering(async function* (this: unknown) {
        yield 'a';
        await new Promise((_, reject) => {
          sink.onGone(() => reject(new DOMException('stopped', 'AbortError')));
        });
      }),
    );
    await settle();
    sink.leave();
    await settle();
    expect(errors).toEqual([]);
  });

  it('does not hide other errors of the application', async () => {
    const { sink, errors } = serve(async ({ 'uwsgi.signal': signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw failure;
    });
    sink.leave();
    await settle();
    expect(errors).toEqual([failure]);
  });

  it('is not who an AbortError comes from while it is there', async () => {
    const aborted = new DOMException('a timeout of the application', 'AbortError');
    const { status, errors } = await serveWhole(() => Promise.reject(aborted));
    expect([status, errors]).toEqual([500, [aborted]]);
  });

  it.each<[string, Application]>([
    ['a string', answering(() => 'x')],
    ['a promised list', answering(async () => ['x'])],
    ['a generator', answering(() => ['x', 'y'].values())],
    [
      'writes',
      (_, startResponse) => {
        const write = startResponse('200 OK', []);
        expect([write('x'), write('y')]).toEqual([false, false]);
        return '';
      },
    ],
  ])('gets nothing, and the application no error: %s', async (_, application) => {
    const sink = new FakeSink();
    sink.leave();
    const { errors } = serve(application, { sink });
    await settle();
    expect(errors).toEqual([]);
  });
});

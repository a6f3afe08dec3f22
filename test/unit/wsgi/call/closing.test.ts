/**
 * PEP 3333, "Specification Details": "If the iterable returned by the application has a close() method, the server must
 * call that method upon completion of the current request, whether the request was completed normally, or terminated
 * early due to an application error during iteration or an early disconnect". In JavaScript an iterator has `return()`,
 * a stream `destroy()` and a web stream `cancel()` for the same purpose.
 */
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FakeSink } from '../fake-sink.js';
import { answering, serve, settle } from '../serve.js';

/** How a body behaves: its chunks; then it ends, throws, or yields what is no chunk. */
interface Script {
  chunks: unknown[];
  last: 'end' | 'throw' | 'wait';
}

const failure = new Error('in the middle of the body');

/** Each makes a body that follows a script and counts how often it is let go of. */
const bodies: [name: string, make: (script: Script, closed: () => void) => unknown][] = [
  [
    'an iterable with close()',
    (script, closed) => ({
      *[Symbol.iterator]() {
        yield* script.chunks;
        if (script.last === 'throw') throw failure;
      },
      close: closed,
    }),
  ],
  [
    'an async iterable with close()',
    (script, closed) => ({
      [Symbol.asyncIterator]: () => ({ next: steps(script) }),
      close: closed,
    }),
  ],
  [
    'a generator with finally',
    function* (script, closed) {
      try {
        yield* script.chunks;
        if (script.last === 'throw') throw failure;
      } finally {
        closed();
      }
    },
  ],
  [
    'an async generator with finally',
    async function* (script, closed) {
      try {
        yield* script.chunks;
        if (script.last === 'throw') throw failure;
      } finally {
        closed();
      }
    },
  ],
  [
    'a stream',
    (script, closed) => {
      const next = steps(script);
      return new Readable({
        objectMode: true,
        highWaterMark: 1,
        async read() {
          try {
            const { done, value } = await next();
            this.push(done ? null : value);
          } catch (error) {
            this.destroy(error as Error);
          }
        },
        destroy(error, done) {
          closed();
          done(error);
        },
      });
    },
  ],
];

/** An iterator's `next` for a script. */
function steps({ chunks, last }: Script): () => Promise<IteratorResult<unknown>> {
  const left = [...chunks];
  return async () => {
    if (left.length > 0) return { done: false, value: left.shift() };
    if (last === 'throw') throw failure;
    if (last === 'wait') await new Promise(() => {});
    return { done: true, value: undefined };
  };
}

async function run(make: (closed: () => void) => unknown, options?: { method?: string; sink?: FakeSink }) {
  let closings = 0;
  const served = serve(
    answering(() => make(() => closings++)),
    options,
  );
  await settle();
  await settle();
  return { ...served, status: served.status, closings: () => closings };
}

describe.each(bodies)('%s', (_, make) => {
  const running = (script: Script) => run((closed) => make(script, closed));

  it('is closed once after its end', async () => {
    const { closings, sink, errors } = await running({ chunks: ['a', 'b'], last: 'end' });
    expect([sink.state, closings(), errors]).toEqual(['complete', 1, []]);
  });

  it('is closed once when it has no chunk', async () => {
    const { closings, sink } = await running({ chunks: [], last: 'end' });
    expect([sink.state, closings()]).toEqual(['complete', 1]);
  });

  it('is closed once after an error before its first chunk', async () => {
    const { closings, status, errors } = await running({ chunks: [], last: 'throw' });
    expect([status, closings(), errors]).toEqual([500, 1, [failure]]);
  });

  it('is closed once after an error between its chunks', async () => {
    const { closings, sink, errors } = await running({ chunks: ['a'], last: 'throw' });
    expect([sink.state, closings(), errors]).toEqual(['aborted', 1, [failure]]);
  });

  it('is closed once after a chunk that is none', async () => {
    const { closings, sink, errors } = await running({ chunks: ['a', 5, 'b'], last: 'end' });
    expect([sink.state, closings()]).toEqual(['aborted', 1]);
    expect(errors).toMatchObject([{ code: 'UWSGI_CHUNK' }]);
  });

  it('is closed once when start_response was never called', async () => {
    let closings = 0;
    const { sink, errors } = serve(
      () => make({ chunks: ['a', 'b'], last: 'end' }, () => closings++) as never,
    );
    await sink.over;
    await settle();
    expect([sink.head?.code, closings]).toEqual([500, 1]);
    expect(errors).toMatchObject([{ code: 'UWSGI_NOT_STARTED' }]);
  });

  it('is closed once when it is shorter than declared', async () => {
    let closings = 0;
    const application = answering(
      () => make({ chunks: ['a'], last: 'end' }, () => closings++),
      [['Content-Length', '9']],
    );
    const { sink } = serve(application);
    await sink.over;
    await settle();
    expect([sink.state, closings]).toEqual(['aborted', 1]);
  });

  it('is closed once for HEAD', async () => {
    const { sink, closings } = await run((closed) => make({ chunks: ['a', 'b'], last: 'end' }, closed), {
      method: 'HEAD',
    });
    expect([sink.state, closings()]).toEqual(['complete', 1]);
  });

  it('is closed once when the peer is gone before it begins', async () => {
    const sink = new FakeSink();
    sink.leave();
    const { closings, errors } = await run((closed) => make({ chunks: ['a', 'b'], last: 'end' }, closed), {
      sink,
    });
    expect([closings(), errors]).toEqual([1, []]);
  });

  it('is closed once when the peer goes while it waits for room', async () => {
    const sink = new FakeSink();
    sink.slow = true;
    const { closings, errors } = await run(
      (closed) => make({ chunks: ['a', 'b', 'c', 'd'], last: 'end' }, closed),
      { sink },
    );
    expect([sink.waits, closings()]).toEqual([true, 0]);
    sink.leave();
    await settle();
    expect([closings(), errors]).toEqual([1, []]);
  });
});

it.each(bodies.filter(([name]) => name === 'a stream' || name === 'an async iterable with close()'))(
  '%s is closed at once when the peer goes while the next chunk is awaited',
  async (_, make) => {
    const { sink, closings, errors } = await run((closed) => make({ chunks: ['a'], last: 'wait' }, closed));
    expect([sink.calls, closings()]).toEqual([['begin 200'], 0]);
    sink.leave();
    await settle();
    expect([closings(), errors]).toEqual([1, []]);
  },
);

describe('close()', () => {
  it.each([
    ['a list', () => Object.assign(['a', 'b'], {})],
    ['a list of one', () => Object.assign(['a'], {})],
  ])('is called on %s that has one', (_, body) => {
    let closings = 0;
    serve(answering(() => Object.assign(body(), { close: () => closings++ })));
    expect(closings).toBe(1);
  });

  it('comes after the last chunk was handed over, and before nothing else', () => {
    const sink = new FakeSink();
    let calls: string[] = [];
    const body = Object.assign(['a', 'b'].values(), { close: () => (calls = [...sink.calls]) });
    serve(
      answering(() => body),
      { sink },
    );
    expect(calls).toEqual(['begin 200', 'write b', 'end']);
  });

  it('comes after return(), and with both a generator ends before its body is closed', () => {
    const order: string[] = [];
    const iterator = {
      next: () => ({ done: false, value: 5 }),
      return: () => order.push('return'),
    };
    serve(answering(() => ({ [Symbol.iterator]: () => iterator, close: () => order.push('close') })));
    expect(order).toEqual(['return', 'close']);
  });

  it('that throws is reported and harms nothing', async () => {
    const { sink, errors } = serve(
      answering(() =>
        Object.assign(['a'].values(), {
          close() {
            throw failure;
          },
        }),
      ),
    );
    expect([sink.state, errors]).toEqual(['complete', [failure]]);
  });

  it('that rejects is reported, too', async () => {
    const { errors } = serve(
      answering(() => Object.assign(['a'].values(), { close: () => Promise.reject(failure) })),
    );
    await settle();
    expect(errors).toEqual([failure]);
  });

  it('is called although return() throws', () => {
    let closings = 0;
    const { errors } = serve(
      answering(() => ({
        [Symbol.iterator]: () => ({
          next: () => ({ done: false, value: 5 }),
          return: () => {
            throw failure;
          },
        }),
        close: () => closings++,
      })),
    );
    expect(closings).toBe(1);
    expect(errors).toMatchObject([{ code: 'UWSGI_CHUNK' }, failure]);
  });
});

describe('return()', () => {
  it('is not called on an iterator that has ended or thrown: it has cleaned up', () => {
    for (const next of [
      () => ({ done: true, value: undefined }),
      () => {
        throw failure;
      },
    ]) {
      let returns = 0;
      serve(answering(() => ({ [Symbol.iterator]: () => ({ next, return: () => returns++ }) })));
      expect(returns).toBe(0);
    }
  });

  it('is not waited for: a generator answers only when its pending step is over', async () => {
    let resume!: () => void;
    let closed = false;
    const { sink, errors } = serve(
      answering(async function* () {
        yield 'a';
        try {
          await new Promise<void>((resolve) => {
            resume = resolve;
          });
          yield 'b';
        } finally {
          closed = true;
        }
      }),
    );
    await settle();
    sink.leave();
    await settle();
    expect(closed).toBe(false);
    resume();
    await settle();
    expect([closed, sink.calls, errors]).toEqual([true, ['begin 200'], []]);
  });
});

describe('a web stream', () => {
  it('is cancelled when the peer goes while its next chunk is awaited', async () => {
    let cancelled = 0;
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue('a'),
      cancel: () => {
        cancelled++;
      },
    });
    const { sink, errors } = serve(answering(() => stream));
    await settle();
    sink.leave();
    await settle();
    expect([cancelled, errors]).toEqual([1, []]);
  });

  it('is cancelled after a chunk that is none', async () => {
    let cancelled = 0;
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue({}),
      cancel: () => {
        cancelled++;
      },
    });
    const { sink } = serve(answering(() => stream));
    await sink.over;
    await settle();
    expect([sink.head?.code, cancelled]).toEqual([500, 1]);
  });

  it('whose cancel() rejects is reported', async () => {
    const stream = new ReadableStream({ cancel: () => Promise.reject(failure) });
    const { sink, errors } = serve(answering(() => stream));
    sink.leave();
    await settle();
    expect(errors).toEqual([failure]);
  });
});

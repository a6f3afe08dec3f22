/** An application is asked for the next chunk only when the peer has room for it. */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FakeSink } from '../fake-sink.js';
import { answering, serve, settle } from '../serve.js';

function slowSink(): FakeSink {
  const sink = new FakeSink();
  sink.slow = true;
  return sink;
}

describe.each([
  [
    'a generator',
    function* (steps: string[]) {
      for (const step of ['a', 'b', 'c']) {
        steps.push(step);
        yield step;
      }
    },
  ],
  [
    'an async generator',
    async function* (steps: string[]) {
      for (const step of ['a', 'b', 'c']) {
        steps.push(step);
        yield step;
      }
    },
  ],
  [
    'a web stream',
    (steps: string[]) =>
      new ReadableStream(
        {
          pull(controller) {
            const step = ['a', 'b', 'c'][steps.length];
            if (step === undefined) return controller.close();
            steps.push(step);
            controller.enqueue(step);
          },
        },
        { highWaterMark: 0 },
      ),
  ],
])('%s', (_, make) => {
  it('is pulled a chunk at a time while the peer is slow', async () => {
    const sink = slowSink();
    const steps: string[] = [];
    serve(
      answering(() => make(steps)),
      { sink },
    );
    for (const expected of ['a', 'ab', 'abc']) {
      await settle();
      expect([steps.join(''), sink.waits]).toEqual([expected, true]);
      sink.drain();
    }
    await settle();
    expect(sink.calls).toEqual(['begin 200', 'write b', 'write c', 'end']);
  });

  it('is pulled to its end without waiting once the peer is fast', async () => {
    const sink = slowSink();
    const steps: string[] = [];
    serve(
      answering(() => make(steps)),
      { sink },
    );
    await settle();
    sink.slow = false;
    sink.drain();
    await settle();
    expect(sink.state).toBe('complete');
  });
});

it('holds up a stream before it has read everything', async () => {
  const sink = slowSink();
  let read = 0;
  const stream = new Readable({
    highWaterMark: 4,
    read() {
      this.push(++read > 100 ? null : 'xx');
    },
  });
  serve(
    answering(() => stream),
    { sink },
  );
  await settle();
  expect(sink.calls).toEqual(['begin 200']);
  expect(read).toBeLessThan(10);
});

describe('an AsyncLocalStorage of the application', () => {
  const storage = new AsyncLocalStorage<string>();

  it.each([
    [
      'a generator',
      function* () {
        for (let i = 0; i < 3; i++) yield String(storage.getStore());
      },
    ],
    [
      'an async generator',
      async function* () {
        for (let i = 0; i < 3; i++) yield String(storage.getStore());
      },
    ],
  ])('is the same in every step of %s, whoever says that there is room', async (_, body) => {
    const sink = slowSink();
    // As the engine does: each call into JavaScript has a context of its own.
    const request = new AsyncResource('request');
    request.runInAsyncScope(() => {
      serve(
        answering(() => {
          storage.enterWith('mine');
          return body();
        }),
        { sink },
      );
    });
    for (let i = 0; i < 3; i++) {
      await settle();
      new AsyncResource('writable').runInAsyncScope(() => storage.run('not mine', () => sink.drain()));
    }
    await settle();
    expect(sink.body?.toString()).toBe('mineminemine');
  });
});

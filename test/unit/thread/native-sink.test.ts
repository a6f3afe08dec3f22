/** The engine's side of a response, without an engine: what is asked of it, and who hears of the end. */
import { describe, expect, it, vi } from 'vitest';
import { type NativeEngine, Written } from '../../../src/native.js';
import { NativeSink } from '../../../src/thread/native-sink.js';
import { callApplication, plainError } from '../../../src/wsgi/call.js';
import { makeHead } from '../../../src/wsgi/headers.js';
import type { Application, Environ } from '../../../src/wsgi/types.js';

const head = makeHead('200 OK', [['A', 'b']]);

function create() {
  const calls: unknown[][] = [];
  let written: number = Written.done;
  const method =
    (name: string) =>
    (...args: unknown[]) => {
      calls.push([name, ...args]);
      if (name === 'sendFile') return 4;
      return name === 'write' ? written : undefined;
    };
  const engine = new Proxy({}, { get: (_, name) => method(String(name)) }) as NativeEngine;
  const sink = new NativeSink(engine, 7);
  const finished = vi.fn();
  sink.finished = finished;
  return { sink, calls, finished, answer: (result: number) => (written = result) };
}

describe('a response', () => {
  it('known as a whole is one call', () => {
    const { sink, calls, finished } = create();
    sink.respond(head, 'body€');
    expect(calls).toEqual([['respond', 7, head.text, 'body€']]);
    expect(finished.mock.calls).toEqual([[head, 7, 'sent']]);
  });

  it('to HTTP/1.0 says so', () => {
    const { sink, calls } = create();
    sink.http10 = true;
    sink.respond(head, null);
    expect(calls).toEqual([['respond', 7, head.text, null, true]]);
    const other = create();
    other.sink.http10 = true;
    other.sink.begin(head, 'x');
    expect(other.calls).toEqual([['write', 7, 'HTTP/1.0 200 OK\r\nA: b\r\n\r\n', 'x']]);
  });

  it('in chunks sends its head with the first, and counts the bytes of the body', () => {
    const { sink, calls, finished } = create();
    expect(sink.begin(head, 'ä')).toBe('sent');
    expect(sink.write(Buffer.from('bc'))).toBe('sent');
    sink.end();
    expect(calls).toEqual([
      ['write', 7, 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n', 'ä'],
      ['write', 7, null, Buffer.from('bc')],
      ['finish', 7],
    ]);
    expect(finished.mock.calls).toEqual([[head, 4, 'sent']]);
  });

  it('waits for room when the peer is slower', () => {
    const { sink, answer } = create();
    answer(Written.again);
    expect(sink.begin(head, 'x')).toBe('full');
    const drained = vi.fn();
    sink.onDrain(drained);
    expect(drained).not.toHaveBeenCalled();
    sink.writable();
    sink.writable();
    expect(drained).toHaveBeenCalledTimes(1);
  });

  it.each<[string, (sink: NativeSink) => void]>([
    ['respond', (sink) => sink.respond(head, '')],
    ['end', (sink) => sink.end()],
    ['abort', (sink) => sink.abort()],
    ['lose', (sink) => sink.lose()],
  ])('asks nothing of the connection after %s: its number may be another request’s', (_, finish) => {
    const { sink, calls, finished } = create();
    finish(sink);
    const before = calls.length;
    sink.respond(head, 'x');
    expect([sink.begin(head, 'x'), sink.write('x')]).toEqual(['gone', 'gone']);
    sink.end();
    sink.abort();
    sink.lose();
    expect(calls).toHaveLength(before);
    expect(finished).toHaveBeenCalledTimes(1);
  });
});

describe('a peer that goes', () => {
  it('is told to everybody who waits, once', () => {
    const { sink, finished, answer } = create();
    answer(Written.again);
    sink.begin(head, 'abc');
    const [drained, gone, data] = [vi.fn(), vi.fn(), vi.fn()];
    sink.onDrain(drained);
    sink.onGone(gone);
    sink.onData(data);
    const { signal } = sink;
    sink.lose();
    sink.lose();
    expect([drained, gone, data].map((told) => told.mock.calls.length)).toEqual([1, 1, 1]);
    expect(data).toHaveBeenCalledWith(null);
    expect(signal.aborted).toBe(true);
    expect(finished.mock.calls).toEqual([[head, 3, 'left-sending']]);
  });

  it('is found out by writing, too', () => {
    const { sink, answer } = create();
    const gone = vi.fn();
    sink.onGone(gone);
    answer(Written.dead);
    expect(sink.begin(head, 'x')).toBe('gone');
    expect([sink.gone, gone.mock.calls.length]).toEqual([true, 1]);
  });

  it('is told to who asks later', async () => {
    const { sink } = create();
    sink.lose();
    expect(sink.signal.aborted).toBe(true);
    await new Promise<void>((resolve) => sink.onGone(resolve));
    await new Promise<void>((resolve) => sink.onDrain(resolve));
  });

  it('is no news once the response is complete', () => {
    const { sink } = create();
    const gone = vi.fn();
    const { signal } = sink;
    sink.onGone(gone);
    sink.respond(head, '');
    expect([sink.gone, signal.aborted, gone.mock.calls.length]).toEqual([false, false, 0]);
  });
});

it('who waits for a piece of the body hears that none comes when the response is over', async () => {
  for (const finish of [
    (sink: NativeSink) => sink.respond(head, ''),
    (sink: NativeSink) => sink.end(),
    (sink: NativeSink) => sink.abort(),
    (sink: NativeSink) => sink.sendFile(head, 9),
  ]) {
    const { sink } = create();
    const chunk = new Promise((resolve) => sink.onData(resolve));
    finish(sink);
    expect(await chunk).toBeNull();
  }
});

it('nothing of the request is kept when a file has been sent for it', () => {
  const { sink } = create();
  sink.environ = {} as Environ;
  sink.sendFile(head, 9);
  expect(sink.environ).toBeNull();
});

it('a body is closed when its response is given up while the reader is slow', () => {
  const { sink, answer } = create();
  answer(Written.again);
  const close = vi.fn();
  const application: Application = (_, startResponse) => {
    startResponse('200 OK', []);
    return { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 'x' }) }), close };
  };
  callApplication(application, { REQUEST_METHOD: 'GET' } as Environ, sink, () => undefined);
  expect(close).not.toHaveBeenCalled();
  sink.fail(plainError);
  expect(close).toHaveBeenCalledTimes(1);
});

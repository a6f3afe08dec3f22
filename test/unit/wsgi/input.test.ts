/**
 * `wsgi.input`, PEP 3333, "Input and Error Streams": every way to read × every way a body can come × several sizes of
 * reads, against a few lines of reference on the whole body.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { BodySource } from '../../../src/wsgi/body-source.js';
import { WsgiInput } from '../../../src/wsgi/input.js';
import { asyncOnly, FakeSource, type SourceOptions } from './fake-source.js';

const bodies: [name: string, body: Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['a line break', Buffer.from('\n')],
  ['a line', Buffer.from('one line\n')],
  ['a line without an end', Buffer.from('one line')],
  ['lines', Buffer.from('a\nbb\n\nccc\r\n\rdddd')],
  ['bytes', Buffer.from(Array.from({ length: 1024 }, (_, i) => i & 0xff))],
  ['a long line', Buffer.concat([Buffer.alloc(70_000, 'x'), Buffer.from('\ny')])],
  ['many lines', Buffer.from('0123456789\n'.repeat(100))],
];

const sizes = [1, 2, 7, 64, 65_536, 1_000_000];

const inputs: [name: string, make: (body: Buffer) => WsgiInput][] = [
  ['a whole body', (body) => new WsgiInput(body.length === 0 ? null : body, null)],
  ['a body at once', (body) => new WsgiInput(null, new FakeSource(body))],
  ['pieces of 1 byte', (body) => new WsgiInput(null, new FakeSource(body, { pieces: [1] }))],
  ['pieces of 3 bytes', (body) => new WsgiInput(null, new FakeSource(body, { pieces: [3] }))],
  ['pieces that grow', (body) => new WsgiInput(null, new FakeSource(body, { pieces: [1, 10, 100, 10_000] }))],
  ['no length', (body) => new WsgiInput(null, new FakeSource(body, { pieces: [5], length: null }))],
];

/** What a file would give: the reference. */
function* readsOf(body: Buffer, size: number) {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

function* linesOf(body: Buffer, size = Number.POSITIVE_INFINITY) {
  for (let at = 0; at < body.length; ) {
    const newline = body.indexOf('\n', at);
    const end = Math.min(newline < 0 ? body.length : newline + 1, at + size);
    yield body.subarray(at, end);
    at = end;
  }
}

/** Calls until it answers with nothing. */
function* until(call: () => Buffer) {
  for (let bytes = call(); bytes.length > 0; bytes = call()) yield bytes;
}

async function gather(input: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(chunk);
  return chunks;
}

const text = (chunks: Iterable<Buffer>) => Array.from(chunks, (chunk) => chunk.toString('latin1'));

describe.each(inputs)('%s', (inputName, make) => {
  // A byte at a time, 70 000 bytes say no more than 1 000, and take long.
  const sensible = bodies.filter(([, { length }]) => length < 10_000 || !/[13] byte/.test(inputName));

  describe.each(sensible)('of %s', (_, body) => {
    it('is read by read()', () => {
      const input = make(body);
      expect(input.read().equals(body)).toBe(true);
      expect(input.read()).toHaveLength(0);
      expect(input.readline()).toHaveLength(0);
    });

    it.each([undefined, null, -1, -5])('is read by read(%s)', (size) => {
      expect(
        make(body)
          .read(size as number)
          .equals(body),
      ).toBe(true);
    });

    it('is left alone by read(0) and readline(0)', () => {
      const input = make(body);
      expect([input.read(0), input.readline(0)]).toEqual([Buffer.alloc(0), Buffer.alloc(0)]);
      expect(input.read().equals(body)).toBe(true);
    });

    it.each(sizes)('is read by read(%d) in full reads', (size) => {
      const input = make(body);
      expect(text(until(() => input.read(size)))).toEqual(text(readsOf(body, size)));
    });

    it('is read by readline()', () => {
      const input = make(body);
      expect(text(until(() => input.readline()))).toEqual(text(linesOf(body)));
    });

    it.each(sizes)('is read by readline(%d)', (size) => {
      const input = make(body);
      expect(text(until(() => input.readline(size)))).toEqual(text(linesOf(body, size)));
    });

    it('is read by readlines() and by iteration', () => {
      expect(text(make(body).readlines())).toEqual(text(linesOf(body)));
      expect(text(make(body))).toEqual(text(linesOf(body)));
    });

    it.each([0, -1, ...sizes])('is read by readlines(%d) up to the line that passes it', (hint) => {
      const input = make(body);
      const expected: string[] = [];
      let total = 0;
      for (const line of linesOf(body)) {
        expected.push(line.toString('latin1'));
        total += line.length;
        if (hint > 0 && total >= hint) break;
      }
      expect(text(input.readlines(hint))).toEqual(expected);
      expect(input.read()).toHaveLength(body.length - total);
    });

    it('is read by asynchronous iteration', async () => {
      const chunks = await gather(make(body));
      expect(chunks.every(({ length }) => length > 0)).toBe(true);
      expect(Buffer.concat(chunks).equals(body)).toBe(true);
    });

    it('is read as a stream', async () => {
      expect(Buffer.concat(await gather(make(body).stream())).equals(body)).toBe(true);
    });

    it('may be read half one way and half the other', async () => {
      const input = make(body);
      const chunks = [input.read(2), input.readline(3)];
      for await (const chunk of input) {
        chunks.push(chunk);
        break;
      }
      chunks.push(input.readline(), input.read());
      expect(Buffer.concat(chunks).equals(body)).toBe(true);
    });
  });
});

describe('a source', () => {
  it('is not asked before anybody reads, nor after its length has come', async () => {
    const source = new FakeSource(Buffer.from('abc'));
    const input = new WsgiInput(null, source);
    expect(source.asked).toEqual([]);
    input.read();
    input.read();
    await gather(input);
    expect([source.asked.length, source.reads]).toEqual([1, 0]);
  });

  it('is asked for what it has, not for each byte of a line', () => {
    const source = new FakeSource(Buffer.from('0123456789\n'.repeat(10)));
    const input = new WsgiInput(null, source);
    for (const _ of input);
    expect(source.asked).toHaveLength(1);
  });

  it('is not asked for more than what was read: an interactive peer waits for an answer', () => {
    const source = new FakeSource(Buffer.from('one\ntwo\n'), { pieces: [2, 2, 2, 2] });
    const input = new WsgiInput(null, source);
    expect(input.readline().toString()).toBe('one\n');
    expect(source.asked).toHaveLength(2);
    expect(input.read(1).toString()).toBe('t');
    expect(source.asked).toHaveLength(3);
  });

  it('holds up its peer while the asynchronous reader is busy', async () => {
    const source = new FakeSource(Buffer.from('abcdef'), { pieces: [1] });
    const iterator = new WsgiInput(null, source)[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise(setImmediate);
    expect(source.reads).toBe(1);
  });

  it('that cannot block is read asynchronously only', async () => {
    const input = new WsgiInput(null, asyncOnly(new FakeSource(Buffer.from('abc'))));
    expect(() => input.read()).toThrow(expect.objectContaining({ code: 'UWSGI_INPUT_ASYNC' }));
    expect(() => input.readline()).toThrow('for await');
    expect(Buffer.concat(await gather(input)).toString()).toBe('abc');
    expect(input.read()).toHaveLength(0);
  });
});

describe('a body that breaks off', () => {
  const cases: [name: string, options: SourceOptions][] = [
    ['with the peer', { length: 10, aborted: true }],
    ['because the response is over', { length: 10 }],
    ['with the peer, before a length was known', { length: null, aborted: true }],
  ];

  describe.each(cases)('%s', (_, options) => {
    const make = () => new WsgiInput(null, new FakeSource(Buffer.from('a\nbc'), options));

    it.each<[string, (input: WsgiInput) => unknown]>([
      ['read()', (input) => input.read()],
      ['read(5)', (input) => input.read(5)],
      ['readlines()', (input) => input.readlines()],
      ['iteration', (input) => [...input]],
      ['readline()', (input) => [input.readline(), input.readline()]],
    ])('is an error of %s', (_name, read) => {
      expect(() => read(make())).toThrow(expect.objectContaining({ code: 'UWSGI_INPUT_ABORTED' }));
    });

    it('is an error of asynchronous iteration, after what came', async () => {
      const chunks: Buffer[] = [];
      const reading = (async () => {
        for await (const chunk of make()) chunks.push(chunk);
      })();
      await expect(reading).rejects.toMatchObject({ code: 'UWSGI_INPUT_ABORTED' });
      expect(Buffer.concat(chunks).toString()).toBe('a\nbc');
    });

    it('is an error of the stream', async () => {
      const stream = make().stream().resume();
      const [error] = await once(stream, 'error');
      expect(error).toMatchObject({ code: 'UWSGI_INPUT_ABORTED' });
    });

    it('gives what came to who asks for no more', () => {
      const input = make();
      expect([input.read(1), input.readline(1), input.read(2)].join('')).toBe('a\nbc');
    });
  });

  it.each<[string, (input: WsgiInput) => Buffer]>([
    ['read()', (input) => input.read()],
    ['read(3)', (input) => input.read(3)],
    ['readline()', (input) => input.readline()],
  ])('for a while only loses nothing: %s can be tried again', (_, read) => {
    const silence = new Error('no byte for 4 seconds');
    const source = new FakeSource(Buffer.from('ab'), { length: 4, stops: silence });
    const input = new WsgiInput(null, source);
    expect(() => read(input)).toThrow(silence);
    expect(input.read(2).toString()).toBe('ab');
  });
});

describe('two readers', () => {
  it('do not take bytes from each other', async () => {
    const source = new FakeSource(Buffer.from('abc'), { pieces: [1] });
    const input = new WsgiInput(null, source);
    const first = input[Symbol.asyncIterator]();
    await first.next();
    expect(() => input.read()).toThrow(expect.objectContaining({ code: 'UWSGI_INPUT_STREAMING' }));
    await expect(input[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'UWSGI_INPUT_STREAMING',
    });
    await first.return?.();
    expect(input.read().toString()).toBe('bc');
  });
});

it('hands its bytes to an adapter in the AsyncLocalStorage of who asked', () => {
  const storage = new AsyncLocalStorage<string>();
  let arrive: (chunk: Buffer | null) => void = () => {};
  const source = {
    length: 1,
    aborted: false,
    onGone() {},
    read: (onChunk: typeof arrive) => (arrive = onChunk),
  };
  const input = new WsgiInput(null, source as BodySource);
  const seen: unknown[] = [];
  storage.run('reader', () => input.next((_aborted, chunk) => seen.push(storage.getStore(), String(chunk))));
  arrive(Buffer.from('x'));
  expect(seen).toEqual(['reader', 'x']);
});

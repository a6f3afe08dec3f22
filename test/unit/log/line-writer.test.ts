/** How lines leave: together, whole, never waited for; and what becomes of them when nobody takes them. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineWriter, type Output } from '../../../src/log/line-writer.js';

class Sink {
  text = '';
  writes: number[] = [];
  room = Number.POSITIVE_INFINITY;
  error: Error | null = null;
  readonly output: Output = (bytes, at, size) => {
    if (this.error !== null) throw this.error;
    if (this.room < size) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
    this.room -= size;
    this.writes.push(size);
    this.text += bytes.toString('latin1', at, at + size);
    return size;
  };
  get lines() {
    return this.text.split('\n').slice(0, -1);
  }
}

let sink: Sink;
let writer: LineWriter;
beforeEach(() => {
  sink = new Sink();
  writer = new LineWriter(sink.output, true);
});
afterEach(() => vi.useRealTimers());

const line = `${'x'.repeat(199)}\n`;

describe('lines of one turn of the event loop', () => {
  it('leave together after it', async () => {
    for (let i = 0; i < 5; i++) writer.write(line);
    expect(sink.writes).toEqual([]);
    await new Promise(setImmediate);
    expect(sink.lines).toHaveLength(5);
    expect(sink.writes).toHaveLength(1);
  });

  it('do not wait for its end once they are many', () => {
    for (let i = 0; i < 300; i++) writer.write(line);
    expect(sink.lines.length).toBeGreaterThan(150);
  });

  it('go into a pipe in pieces that arrive whole, into a file in one', async () => {
    const file = new Sink();
    const fileWriter = new LineWriter(file.output, false);
    for (let i = 0; i < 100; i++) {
      writer.write(`${'y'.repeat(i * 3)}\n`);
      fileWriter.write(line);
    }
    await new Promise(setImmediate);
    expect(sink.lines.map(({ length }) => length)).toEqual(Array.from({ length: 100 }, (_, i) => i * 3));
    let at = 0;
    for (const size of sink.writes) {
      expect(size).toBeLessThanOrEqual(4096);
      at += size;
      expect(sink.text[at - 1]).toBe('\n');
    }
    expect(sink.writes.length).toBeLessThan(20);
    expect(file.writes).toHaveLength(1);
  });

  it('are written even when one of them is larger than such a piece', async () => {
    writer.write(`${'x'.repeat(10_000)}\n`);
    writer.write(line);
    await new Promise(setImmediate);
    expect(sink.lines).toHaveLength(2);
  });
});

describe('a reader that does not keep up', () => {
  it('gets the rest later, and is not asked all the time', () => {
    vi.useFakeTimers();
    let asked = 0;
    const counting = new LineWriter((bytes, at, size) => {
      asked++;
      return sink.output(bytes, at, size);
    }, true);
    sink.room = 500;
    for (let i = 0; i < 40; i++) counting.write(line);
    vi.advanceTimersByTime(100);
    const before = asked;
    for (let i = 0; i < 40; i++) counting.write(line);
    expect(asked).toBe(before);
    vi.advanceTimersByTime(100);
    expect(asked - before).toBeLessThan(15);
    sink.room = Number.POSITIVE_INFINITY;
    vi.advanceTimersByTime(20);
    expect(sink.lines).toHaveLength(80);
    expect(new Set(sink.lines.map(({ length }) => length))).toEqual(new Set([199]));
  });

  it('loses lines once a megabyte waits, and is told how many', () => {
    vi.useFakeTimers();
    sink.room = 0;
    for (let i = 0; i < 10_000; i++) writer.write(line);
    sink.room = Number.POSITIVE_INFINITY;
    vi.advanceTimersByTime(40);
    const dropped = Number(/\*\*\* (\d+) log lines were dropped/.exec(sink.lines.at(-1)!)?.[1]);
    expect(dropped).toBeGreaterThan(1_000);
    expect(sink.lines).toHaveLength(10_000 - dropped + 1);
    writer.write('next\n');
    writer.flush();
    expect(sink.lines.at(-1)).toBe('next');
  });
});

describe('a log that cannot be written harms nobody', () => {
  const failing = (code: string) => Object.assign(new Error(code), { code });

  it('lines wait for space on a full disk', () => {
    vi.useFakeTimers();
    sink.error = failing('ENOSPC');
    writer.write(line);
    vi.advanceTimersByTime(2_000);
    sink.error = null;
    writer.write(line);
    vi.advanceTimersByTime(500);
    expect(sink.lines).toHaveLength(2);
  });

  it('and are gone where nobody is at the other end', () => {
    vi.useFakeTimers();
    sink.error = failing('EPIPE');
    writer.write(line);
    vi.advanceTimersByTime(100);
    sink.error = null;
    writer.write('later\n');
    writer.flush();
    expect(sink.lines).toEqual(['later']);
  });
});

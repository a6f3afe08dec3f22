import { writeSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LogBatch, log } from '../../../src/log/stderr.js';

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  writeSync: vi.fn(),
}));

const write = vi.mocked(writeSync as (fd: number, bytes: Buffer, at: number) => number);
let written: string;

/** Takes at most `most` bytes per call. */
const taking = (most: number) => (_: number, bytes: Buffer, at: number) => {
  const piece = bytes.subarray(at, at + most);
  written += piece.toString();
  return piece.length;
};
const failing = (code: string) => () => {
  throw Object.assign(new Error(code), { code });
};

beforeEach(() => {
  written = '';
  write.mockReset().mockImplementation(taking(1_000));
});

describe('log', () => {
  it('writes whole lines in one go', () => {
    log('one', 'two');
    expect(written).toBe('one\ntwo\n');
    expect(write).toHaveBeenCalledTimes(1);
  });

  it('writes nothing for no lines', () => {
    log();
    expect(write).not.toHaveBeenCalled();
  });

  it('goes on after a short write', () => {
    write.mockImplementation(taking(3));
    log('one', 'zwölf');
    expect(written.length).toBeGreaterThan(8);
    expect(write).toHaveBeenCalledTimes(4);
  });

  it('does not wait for a full pipe: it gets its lines later, in order', async () => {
    write.mockImplementation(failing('EAGAIN'));
    log('one');
    log('zwölf');
    expect(written).toBe('');
    write.mockImplementation(taking(1_000));
    log('three');
    await vi.waitFor(() => expect(written).toBe('one\nzwölf\nthree\n'));
    log('four');
    expect(written).toMatch(/four\n$/);
  });

  it('gives a line up that nobody can take, and does not throw', () => {
    write.mockImplementation(failing('EPIPE'));
    log('one');
    expect(write).toHaveBeenCalledTimes(1);
  });
});

describe('LogBatch', () => {
  it('keeps its lines until they are wanted, and once', () => {
    const batch = new LogBatch();
    batch.add('one');
    batch.add('two', 'three');
    expect(written).toBe('');
    batch.flush();
    batch.flush();
    expect(written).toBe('one\ntwo\nthree\n');
  });
});

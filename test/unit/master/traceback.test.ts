import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Traced, tracebackOf } from '../../../src/master/traceback.js';
import type { Answer } from '../../../src/messages.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const worker = (id: number, answer: Promise<Answer | null>): Traced => ({
  id,
  pid: 100 + id,
  cores: [
    {
      id: 0,
      open: 1,
      load: 0,
      current: { method: 'GET', address: '10.0.0.1', uri: '/x', age: 12 },
      vitals: null,
    },
  ],
  look: () => answer,
});

describe('tracebackOf', () => {
  it('puts below what each thread has to do where it is', async () => {
    const stacks = [
      { core: 0, lines: ['    at a'] },
      { core: 1, lines: ['    at b'] },
    ];
    expect(await tracebackOf([worker(1, Promise.resolve({ stacks }))])).toEqual([
      'worker 1 (pid: 101) core 0: 1 unfinished, the last one 10.0.0.1 - GET /x for 12 msecs',
      '    at a',
      'worker 1 (pid: 101) core 1:',
      '    at b',
    ]);
  });

  it('waits for nobody for ever', async () => {
    const lines = tracebackOf([worker(1, new Promise(() => {})), worker(2, Promise.resolve(null))]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await lines).toEqual([
      'worker 1 (pid: 101) does not answer: its control thread hangs, or the process is paused',
      'worker 2 (pid: 102) ended before it answered',
    ]);
    expect(await tracebackOf([])).toEqual(['no worker runs']);
  });
});

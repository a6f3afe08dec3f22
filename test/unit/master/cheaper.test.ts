import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cheaper, mostDispensable } from '../../../src/master/cheaper.js';
import { settings } from './fake-worker.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const MB = 1024 * 1024;

const worker = (id: number, { open = 0, age = 60_000 as number | null, load = 0 } = {}) => ({
  id,
  pid: 100 + id,
  age,
  score: { finished: 0, open, load },
});

function create(changes = {}) {
  const state = { workers: [worker(1), worker(2)] as ReturnType<typeof worker>[] | null, memory: 50 * MB };
  const did: unknown[] = [];
  const lines: string[] = [];
  const cheaper = new Cheaper({
    settings: () => settings({ processes: 4, cheaper: 1, cheaperOverload: 1, ...changes }),
    workers: () => state.workers,
    waiting: () => 0,
    start: (count) => did.push(`start ${count}`),
    stop: (id) => did.push(`stop ${id}`),
    log: (...more) => lines.push(...more),
    memoryOf: () => state.memory,
  });
  const look = (seconds = 1) => vi.advanceTimersByTime(seconds * 1000);
  return { cheaper, state, did, lines, look };
}

describe('Cheaper', () => {
  it('starts and stops what the algorithm asks for, within processes and cheaper', () => {
    const { cheaper, state, did, look } = create({ cheaperStep: 9 });
    state.workers = [worker(1, { load: 1 }), worker(3, { load: 0.9 })];
    look();
    expect(did).toEqual(['start 2']);
    state.workers = [worker(1, { open: 3 }), worker(3, { open: 1 })];
    look();
    expect(did).toEqual(['start 2', 'stop 3']);
    state.workers = [worker(1)];
    look(5);
    expect(did).toHaveLength(2);
    cheaper.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('decides nothing while others are being exchanged, or in cheap mode', () => {
    const { state, did, look } = create();
    state.workers = null;
    look(5);
    state.workers = [];
    look(5);
    expect(did).toEqual([]);
  });

  it('has no timer without cheaper', () => {
    create({ cheaper: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('starts nobody beyond the soft limit, and says so once', () => {
    const { state, did, lines, look } = create({ cheaperRssLimitSoft: 100 * MB });
    state.workers = [worker(1, { load: 1 }), worker(2, { load: 1 })];
    look(3);
    expect(did).toEqual([]);
    expect(lines).toEqual([expect.stringMatching(/^cheaper-rss-limit-soft: workers have 104857600 bytes/)]);
    state.memory = 49 * MB;
    look();
    expect(did).toEqual(['start 1']);
  });

  it('stops somebody beyond the hard limit, but not the last ones', () => {
    const { state, did, lines, look } = create({ cheaperRssLimitHard: 100 * MB });
    state.workers = [worker(1, { load: 1 }), worker(2, { load: 1 })];
    look();
    expect(did).toEqual(['stop 1']);
    expect(lines).toHaveLength(1);
    state.memory = 500 * MB;
    state.workers = [worker(2)];
    look();
    expect(did).toHaveLength(1);
  });
});

describe('mostDispensable', () => {
  const chosen = (...workers: ReturnType<typeof worker>[]) => mostDispensable(workers).id;

  it('is who has the fewest requests, then the oldest', () => {
    expect(chosen(worker(1, { open: 2 }), worker(2, { open: 1 }), worker(3, { open: 5 }))).toBe(2);
    expect(chosen(worker(1, { age: 5 }), worker(2, { age: 9 }), worker(3, { age: 7 }))).toBe(2);
  });

  it('is not one that still loads, when there is another', () => {
    expect(chosen(worker(1, { age: null }), worker(2, { open: 7 }))).toBe(2);
    expect(chosen(worker(1, { open: 7 }), worker(2, { age: null }))).toBe(1);
    expect(chosen(worker(1, { age: null }))).toBe(1);
  });
});

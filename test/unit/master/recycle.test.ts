import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Recycler } from '../../../src/master/recycle.js';
import { settings } from './fake-worker.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const MB = 1024 * 1024;

/** Three workers, of which the test says how old, busy and large they are. */
function create(changes = {}) {
  const workers = [1, 2, 3].map((id) => ({
    id,
    pid: 100 + id,
    age: 60_000,
    score: { finished: 0, open: 0 },
    memory: 50 * MB,
    isSpoiled: false,
    killed: 0,
    kill() {
      this.killed += 1;
    },
  }));
  const lines: string[] = [];
  const replaced: number[] = [];
  const ends: ((isDone: boolean) => void)[] = [];
  const recycler = new Recycler({
    settings: () => settings(changes),
    workers: () => workers,
    replace: (id) => {
      replaced.push(id);
      return new Promise((resolve) => ends.push(resolve));
    },
    log: (...more) => lines.push(...more),
    memoryOf: (pid) => workers[pid - 101]!.memory,
  });
  const look = () => vi.advanceTimersByTimeAsync(1_000);
  return { recycler, workers, lines, replaced, ends, look };
}

it('leaves workers alone without limits, and after close', async () => {
  const { recycler, workers, replaced, look } = create();
  for (const worker of workers) worker.score.finished = 1e9;
  await look();
  recycler.close();
  expect(replaced).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it('replaces workers one at a time', async () => {
  const { workers, replaced, ends, look } = create({ maxRequests: 10 });
  for (const worker of workers) worker.score.finished = 10;
  await look();
  await look();
  expect(replaced).toEqual([1]);
  workers[0]!.score.finished = 0;
  ends[0]!(true);
  await look();
  expect(replaced).toEqual([1, 2]);
});

it('replaces one at once that says it has had its share, and the next when that one has been replaced', async () => {
  const { recycler, workers, replaced, ends } = create({ maxRequests: 10 });
  Object.assign(workers[0]!.score, { finished: 8, open: 2 });
  Object.assign(workers[1]!.score, { finished: 10, open: 0 });
  recycler.look();
  recycler.look();
  expect(replaced).toEqual([1]);
  Object.assign(workers[0]!.score, { finished: 0, open: 0 });
  ends[0]!(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(replaced).toEqual([1, 2]);
});

it('spreads the ends of workers by the delta', async () => {
  const { workers, lines, replaced, look } = create({ maxRequests: 10, maxRequestsDelta: 5 });
  for (const worker of workers.slice(1)) worker.score.finished = 14;
  await look();
  expect(replaced).toEqual([]);
  workers[1]!.score.finished = 15;
  await look();
  expect(replaced).toEqual([2]);
  expect(lines).toEqual(['...The work of process 102 is done. Seeya! (worker 2, max-requests)']);
});

it('waits for min-worker-lifetime', async () => {
  const { workers, replaced, look } = create({ maxRequests: 1, minWorkerLifetime: 61 });
  for (const worker of workers) worker.score.finished = 5;
  await look();
  expect(replaced).toEqual([]);
  workers[2]!.age = 61_000;
  await look();
  expect(replaced).toEqual([3]);
});

it('replaces by age', async () => {
  const { workers, lines, look } = create({ maxWorkerLifetime: 60, maxWorkerLifetimeDelta: 10 });
  workers[0]!.age = 59_000;
  workers[1]!.age = 69_000;
  await look();
  expect(lines).toEqual([]);
  workers[1]!.age = 70_000;
  await look();
  expect(lines).toEqual(['worker 2 lifetime reached, it was running for 70 second(s)']);
});

it('replaces, or kills, by memory', async () => {
  const { workers, lines, replaced, look } = create({ reloadOnRss: 100, evilReloadOnRss: 200 });
  workers[1]!.memory = 100 * MB;
  workers[2]!.memory = 200 * MB;
  await look();
  expect(replaced).toEqual([2]);
  expect(workers.map(({ killed }) => killed)).toEqual([0, 0, 1]);
  expect(lines).toEqual([
    `*** EVIL RELOAD ON WORKER 3 RSS: ${200 * MB} (pid: 103) ***`,
    '...The work of process 102 is done. Seeya! (worker 2, reload-on-rss: 100 MB)',
  ]);
});

it('leaves them alone for a while when a new one could not serve', async () => {
  const { workers, replaced, ends, look } = create({ maxRequests: 1 });
  workers[0]!.score.finished = 1;
  await look();
  ends[0]!(false);
  for (let second = 0; second < 29; second += 1) await look();
  expect(replaced).toEqual([1]);
  await look();
  await look();
  expect(replaced).toEqual([1, 1]);
});

it('replaces a worker after an error that asks for it, once it has lived long enough', async () => {
  const { workers, lines, replaced, look } = create();
  workers[1]!.isSpoiled = true;
  workers[1]!.age = 9_000;
  await look();
  expect(replaced).toEqual([]);
  workers[1]!.age = 10_000;
  await look();
  expect(replaced).toEqual([2]);
  expect(lines).toEqual(['... monitored exception detected, respawning worker 2 (pid: 102)...']);
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Idle } from '../../../src/master/idle.js';
import { settings } from './fake-worker.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const score = (finished: number, open = 0) => ({ finished, open });

function create(changes = {}) {
  const state = { scores: [score(0), score(0)] as (ReturnType<typeof score> | null)[] | null };
  const did: string[] = [];
  const lines: string[] = [];
  const watches: { callback: () => void; isOver: boolean }[] = [];
  const idle = new Idle({
    settings: () => settings({ idle: 10, ...changes }),
    scores: () => state.scores,
    onConnection: (callback) => {
      const watch = { callback, isOver: false };
      watches.push(watch);
      return () => {
        watch.isOver = true;
      };
    },
    goCheap: () => did.push('cheap'),
    wake: () => did.push('wake'),
    stop: (why) => did.push(`stop: ${why}`),
    log: (...more) => lines.push(...more),
  });
  const wait = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);
  return { idle, state, did, lines, watches, wait };
}

it('lets everybody go after `idle` seconds without a request', () => {
  const { state, did, lines, wait } = create();
  wait(9);
  state.scores = [score(1), score(0)];
  wait(9);
  expect(did).toEqual([]);
  wait(3);
  expect(did).toEqual(['cheap']);
  expect(lines).toEqual(['workers have been inactive for more than 10 seconds']);
  state.scores = [];
  wait(100);
  expect(did).toEqual(['cheap']);
});

it('takes a request that runs for work, and an exchange of workers too', () => {
  const { state, did, wait } = create();
  state.scores = [score(5, 1)];
  wait(60);
  state.scores = null;
  wait(60);
  expect(did).toEqual([]);
});

it('gives a worker time to load', () => {
  const { state, did, wait } = create();
  state.scores = [null];
  wait(60);
  state.scores = [score(0)];
  wait(9);
  expect(did).toEqual([]);
});

it('stops the server under die-on-idle', () => {
  const { did, wait } = create({ dieOnIdle: true });
  wait(11);
  expect(did).toEqual(['stop: workers have been inactive for more than 10 seconds']);
});

it('brings workers back when a connection waits, once, and gives up waiting at its end', () => {
  const { idle, did, watches, wait } = create();
  idle.waitForConnection();
  idle.waitForConnection();
  expect(watches).toHaveLength(1);
  watches[0]!.callback();
  expect(did).toEqual(['wake']);
  wait(9);
  expect(did).toEqual(['wake']);
  idle.waitForConnection();
  idle.close();
  expect(watches[1]!.isOver).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it('has no timer without idle', () => {
  create({ idle: 0 });
  expect(vi.getTimerCount()).toBe(0);
});

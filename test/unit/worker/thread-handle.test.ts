import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings } from '../../../src/config/default-settings.js';
import type { ThreadStart } from '../../../src/messages.js';
import { type ThreadDeath, type ThreadEvents, ThreadHandle } from '../../../src/worker/thread-handle.js';
import { FakeThread } from './fake-thread.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const startOf: ThreadStart = { workerId: 1, core: 2, settings: defaultSettings(), listeners: [] };

function start(fail?: Error) {
  const seen: string[] = [];
  const deaths: ThreadDeath[] = [];
  const events: ThreadEvents = {
    ready: () => seen.push('ready'),
    failed: (_, reason) => seen.push(`failed ${reason}`),
    drained: () => seen.push('drained'),
    ended: (_, death) => deaths.push(death),
  };
  const thread = new FakeThread(startOf);
  const spawn = () => {
    if (fail !== undefined) throw fail;
    return thread;
  };
  return { handle: new ThreadHandle(startOf, spawn, events), thread, seen, deaths };
}

describe('ThreadHandle', () => {
  it('drains a ready thread', () => {
    const { handle, thread, seen, deaths } = start();
    thread.ready();
    handle.drain();
    expect(thread.sent).toEqual([{ type: 'drain' }]);
    thread.say({ type: 'drained' });
    expect(handle.state).toBe('drained');
    thread.end(0);
    expect(seen).toEqual(['ready', 'drained']);
    expect(deaths).toEqual([{ error: undefined, code: 0, lived: 0, failed: false, reason: null }]);
  });

  it('ends a thread that goes on loading after it was told to drain', () => {
    const { handle, thread } = start();
    handle.drain();
    expect(thread.sent).toEqual([{ type: 'drain' }]);
    vi.advanceTimersByTime(999);
    expect(thread.terminated).toBe(false);
    vi.advanceTimersByTime(1);
    expect(thread.terminated).toBe(true);
  });

  it('lets a thread finish that becomes ready after it was told to drain', () => {
    const { handle, thread } = start();
    handle.drain();
    thread.ready();
    vi.advanceTimersByTime(10_000);
    expect(thread.terminated).toBe(false);
    expect(handle.state).toBe('draining');
  });

  it('reports what killed it and how long it had lived', () => {
    const { thread, deaths } = start();
    thread.ready();
    vi.advanceTimersByTime(700);
    const error = new Error('boom');
    thread.end(1, error);
    expect(deaths).toEqual([{ error, code: 1, lived: 700, failed: false, reason: null }]);
  });

  it('reports that it had failed to load', () => {
    const { thread, seen, deaths } = start();
    thread.say({ type: 'failed', reason: 'oops' });
    thread.end(1);
    expect(seen).toEqual(['failed oops']);
    expect(deaths).toEqual([{ error: undefined, code: 1, lived: null, failed: true, reason: null }]);
  });

  it('reports a thread that could not be started, but not before the caller has the handle', () => {
    const error = new Error('out of threads');
    const { handle, deaths } = start(error);
    expect(deaths).toEqual([]);
    handle.drain();
    handle.terminate();
    vi.advanceTimersByTime(1);
    expect(deaths).toEqual([{ error, code: 1, lived: null, failed: false, reason: null }]);
  });
});

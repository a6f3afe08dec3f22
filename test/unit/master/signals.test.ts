import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listenForSignals } from '../../../src/master/signals.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function listen() {
  const source = new EventEmitter();
  const seen: string[] = [];
  listenForSignals(
    {
      stop: (signal) => seen.push(signal),
      reload: (signal) => seen.push(`reload at ${signal}`),
      togglePause: () => seen.push('pause'),
      printStatistics: () => seen.push('statistics'),
      unsupported: (signal, meaning) => seen.push(`${signal}: ${meaning}`),
    },
    source,
  );
  return { source, seen };
}

describe('listenForSignals', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT'])('stops at %s, and again at a second one', (signal) => {
    const { source, seen } = listen();
    source.emit(signal);
    vi.advanceTimersByTime(200);
    source.emit(signal);
    expect(seen).toEqual([signal, signal]);
  });

  it('takes a signal that arrives twice within a moment for one', () => {
    const { source, seen } = listen();
    source.emit('SIGTERM');
    vi.advanceTimersByTime(20);
    source.emit('SIGTERM');
    expect(seen).toEqual(['SIGTERM']);
  });

  it('reloads at SIGHUP, pauses at SIGTSTP, tells numbers at SIGUSR1', () => {
    const { source, seen } = listen();
    for (const signal of ['SIGHUP', 'SIGTSTP', 'SIGUSR1']) source.emit(signal);
    expect(seen).toEqual(['reload at SIGHUP', 'pause', 'statistics']);
  });

  it.each(['SIGUSR2'])('survives %s and says that its meaning is not there yet', (signal) => {
    const { source, seen } = listen();
    source.emit(signal);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatch(new RegExp(`^${signal}: `));
  });
});

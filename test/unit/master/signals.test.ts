import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HookPhase, signalFunctions } from '../../../src/config/hooks.js';
import { listenForSignals, obeySignalHooks, type SignalCalls } from '../../../src/master/signals.js';

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
      printActivity: () => seen.push('activity'),
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

  it('reloads at SIGHUP, pauses at SIGTSTP, tells numbers at SIGUSR1 and requests at SIGUSR2', () => {
    const { source, seen } = listen();
    for (const signal of ['SIGHUP', 'SIGTSTP', 'SIGUSR1', 'SIGUSR2']) source.emit(signal);
    expect(seen).toEqual(['reload at SIGHUP', 'pause', 'statistics', 'activity']);
  });
});

describe('obeySignalHooks', () => {
  const hook = (argument: string, phase: HookPhase = 'master-start') =>
    ({ phase, action: 'unix_signal', argument, origin: { file: null, line: null } }) as const;

  it('gives a signal another meaning, but for the graceful stop that it has anyway', () => {
    const source = new EventEmitter();
    const calls: string[] = [];
    const all = Object.fromEntries(
      signalFunctions.map((name) => [name, (signal: string) => calls.push(`${name} ${signal}`)]),
    ) as unknown as SignalCalls;
    for (const signal of ['SIGTERM', 'SIGINT']) source.on(signal, () => calls.push(`own ${signal}`));
    const hooks = [
      hook('15 gracefully_kill_them_all'),
      hook('2 kill_them_all'),
      hook('10 stats'),
      hook('12 stats', 'as-user'),
    ];
    obeySignalHooks(hooks, all, source as unknown as NodeJS.Process);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR1', 'SIGUSR2']) source.emit(signal);
    expect(calls).toEqual(['own SIGTERM', 'kill_them_all SIGINT', 'stats SIGUSR1']);
  });
});

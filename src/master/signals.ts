/** What signals mean to the master: what they mean to uWSGI 2.0, except that every stop is graceful at first. */

import { type Hook, parseSignal, type SignalFunction } from '../config/hooks.js';

export interface SignalActions {
  /** TERM, INT, QUIT: the first one stops gracefully, the next one at once. */
  stop(signal: string): void;
  /** HUP. */
  reload(signal: string): void;
  /** TSTP: pause, or go on. */
  togglePause(): void;
  /** USR1. */
  printStatistics(): void;
  /** USR2. */
  printActivity(): void;
}

/** What `process` is here. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
}

/**
 * One wish can arrive twice: timeout(1) signals its child and then the group the child is in, npm passes on the CTRL-C
 * that the terminal has sent already. Those come within a moment; no hand is as fast. Milliseconds.
 */
const ONE_WISH = 200;

/** What uWSGI's functions mean to the master. */
export type SignalCalls = Record<SignalFunction, (signal: string) => void>;

/** Lets `hook-master-start = unix_signal:N FUNCTION` decide on a signal. */
export function obeySignalHooks(
  hooks: readonly Hook[],
  calls: SignalCalls,
  source: Pick<NodeJS.Process, 'on' | 'removeAllListeners'> = process,
): void {
  for (const { action, argument, phase } of hooks) {
    const wanted = action === 'unix_signal' && phase === 'master-start' ? parseSignal(argument) : null;
    if (wanted === null) continue;
    const { signal, call } = wanted;
    // These stop gracefully anyway, and the second one at once.
    if (call === 'gracefully_kill_them_all' && /^SIG(TERM|INT|QUIT)$/.test(signal)) continue;
    source.removeAllListeners(signal);
    source.on(signal, () => calls[call](signal));
  }
}

export function listenForSignals(actions: SignalActions, source: SignalSource = process): void {
  let last = Number.NEGATIVE_INFINITY;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    source.on(signal, () => {
      const now = performance.now();
      const isRepeated = now - last < ONE_WISH;
      last = now;
      if (!isRepeated) actions.stop(signal);
    });
  }
  source.on('SIGHUP', () => actions.reload('SIGHUP'));
  source.on('SIGTSTP', () => actions.togglePause());
  // Node opens its inspector on USR1, and the default of USR2 is death: both would surprise whoever comes from uWSGI.
  source.on('SIGUSR1', () => actions.printStatistics());
  source.on('SIGUSR2', () => actions.printActivity());
}

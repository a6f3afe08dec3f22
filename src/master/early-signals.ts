/**
 * Signals that reach a program in the place of another before it listens for them. Handlers do not survive execve(2), and
 * Node gives every signal its default action and an empty mask when it starts: until this file is loaded, the moments that
 * Node itself takes to start, one of these signals still ends (SIGTSTP: stops) the process. From then on none is lost.
 * Runs in the master, before anything else does.
 */
import { hasHandover } from './handover.js';

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGTSTP'] as const;

/** What `process` is here. */
export interface EarlySource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  emit(signal: NodeJS.Signals, name: NodeJS.Signals): unknown;
}

/** @returns to be called when others listen: they hear what has come before, in its order. */
export function rememberSignals(source: EarlySource): () => void {
  const heard: NodeJS.Signals[] = [];
  const remember = (signal: NodeJS.Signals) => {
    heard.push(signal);
  };
  for (const signal of SIGNALS) source.on(signal, remember);
  return () => {
    for (const signal of SIGNALS) source.off(signal, remember);
    for (const signal of heard.splice(0)) source.emit(signal, signal);
  };
}

export const replayEarlySignals = hasHandover(process.env) ? rememberSignals(process) : () => {};

import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { rememberSignals } from '../../../src/master/early-signals.js';

it('remembers signals that nobody listens for yet, and gives each to its listener once', () => {
  const source = new EventEmitter();
  const seen: string[] = [];
  const replay = rememberSignals(source as unknown as NodeJS.Process);
  const send = (signal: string) => source.emit(signal, signal);
  for (const signal of ['SIGUSR1', 'SIGHUP', 'SIGTERM']) expect(send(signal)).toBe(true);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1']) source.on(signal, () => seen.push(signal));
  replay();
  expect(seen).toEqual(['SIGUSR1', 'SIGHUP', 'SIGTERM']);
  send('SIGHUP');
  expect(seen).toHaveLength(4);
  replay();
  expect(seen).toHaveLength(4);
});

/** Real processes: shells in the place of workers. */
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { CHANNEL, StartedWorker } from '../../../src/master/worker-process.js';
import type { MasterToWorker } from '../../../src/messages.js';
import { native } from '../../../src/native.js';
import { cleanUp, onCleanUp } from '../../support/clean-up.js';

afterEach(cleanUp);

function start(script: string): StartedWorker {
  const worker = new StartedWorker(native, {
    path: '/bin/sh',
    argv: ['sh', '-c', script],
    env: ['PATH=/usr/bin:/bin'],
    cwd: '/',
    descriptors: [-1, 1, 2, CHANNEL],
  });
  onCleanUp(() => void worker.kill('SIGKILL'));
  return worker;
}

const stop: MasterToWorker = { type: 'stop' };

/** What it emits up to its last event. */
async function eventsOf(worker: StartedWorker): Promise<unknown[][]> {
  const events: unknown[][] = [];
  for (const name of ['message', 'exit', 'close']) {
    worker.on(name, (...values: unknown[]) => events.push([name, ...values]));
  }
  await once(worker, 'close');
  return events;
}

it('gets messages, says some, and ends with a code', async () => {
  const worker = start('read line <&3; echo "$line" >&3; echo "{\\"pid\\":$$}" >&3; exit 3');
  worker.send(stop, () => {});
  const events = await eventsOf(worker);
  expect(events.filter(([name]) => name === 'message')).toEqual([
    ['message', stop],
    ['message', { pid: worker.pid }],
  ]);
  expect(events).toContainEqual(['exit', 3, null]);
  expect(events.at(-1)).toEqual(['close', 3, null]);
});

it('ends with a signal, and is signalled no more then', async () => {
  const worker = start('exec sleep 60');
  worker.send(stop, () => {});
  expect(worker.kill('SIGTERM')).toBe(true);
  expect((await eventsOf(worker)).at(-1)).toEqual(['close', null, 'SIGTERM']);
  expect(worker.kill('SIGKILL')).toBe(false);
  const error = await new Promise((resolve) => worker.send(stop, resolve));
  expect(error).toBeInstanceOf(Error);
});

it('tells of its end also where nobody has spoken to it', async () => {
  const events = eventsOf(start('exit 22'));
  expect(await events).toEqual([
    ['exit', 22, null],
    ['close', 22, null],
  ]);
});

it('that cannot be started says why', () => {
  const there = { argv: ['x'], env: [], cwd: '/', descriptors: [-1, 1, 2, CHANNEL] };
  expect(() => new StartedWorker(native, { ...there, path: '/no/such/program' })).toThrow(
    'posix_spawn: No such file or directory',
  );
});

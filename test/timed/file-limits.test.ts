/** A huge RLIMIT_NOFILE, as container engines set it, costs nothing: nobody closes every number there could be. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { behaviours, Instance } from '../support/instance.js';
import { missingPrograms, skipped } from '../support/requirements.js';
import { CLI, startServer } from '../support/server.js';

// strace(1) makes every system call slow, and would not leave much to others.
vi.setConfig({ testTimeout: 120_000 });
afterEach(cleanUp);

const hard = /^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'ascii'))?.[1];
/** As far as this process may go. */
const HUGE = Math.min(Number(hard ?? 1_048_576), 1_048_576);
const SMALL = 256;

/** How often descriptors are closed, or marked, in the life of a server that replaces one worker. */
async function countCalls(limit: number): Promise<number> {
  const instance = await Instance.make();
  const counts = join(instance.folder, 'counts');
  const trace = ['strace', '-f', '-qq', '-c', '-o', counts, '-e', 'trace=close,close_range,fcntl,ioctl'];
  const server = await startServer({
    args: instance.args('--wsgi-file', behaviours),
    command: ['prlimit', `--nofile=${limit}:${limit}`, ...trace, process.execPath, CLI],
    timeout: 60_000,
  });
  expect(server.lines.text).toContain(`detected max file descriptor number: ${limit}`);
  const pidIn = async (line: RegExp) => Number((await server.lines.waitFor(line, { timeout: 60_000 }))[1]);
  process.kill(await pidIn(/^spawned uWSGI worker 1 \(pid: (\d+),/), 'SIGKILL');
  const respawned = await pidIn(/^Respawned uWSGI worker 1 \(new pid: (\d+)\)$/);
  await server.lines.waitFor(new RegExp(`ready in \\d+ seconds on interpreter \\S+ pid: ${respawned} `), {
    timeout: 60_000,
  });
  process.kill(await pidIn(/^spawned uWSGI master process \(pid: (\d+)\)$/), 'SIGTERM');
  await server.exited;
  // % time, seconds, usecs/call, calls, …
  const rows = readFileSync(counts, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const calls = rows.filter((row) => /^(?:close|close_range|fcntl|ioctl)$/.test(row.at(-1)!));
  expect(calls.length).toBeGreaterThan(0);
  return calls.reduce((sum, row) => sum + Number(row[3]), 0);
}

it.skipIf(skipped('descriptor limits', missingPrograms('strace', 'prlimit')))(
  'as many descriptors are closed with a huge limit as with a small one',
  async () => {
    const few = await countCalls(SMALL);
    const many = await countCalls(HUGE);
    console.log(`descriptors closed or marked: ${few} with a limit of ${SMALL}, ${many} with ${HUGE}`);
    // A fraction of what it would be for a single one of the processes.
    expect(many - few).toBeLessThan((HUGE - SMALL) / 10);
  },
);

/** What a running server tells of itself, against what a client has counted, and against uWSGI's own statistics. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readStatistics } from '../../src/stats/client.js';
import { cleanUp, makeDirectory, onCleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { Lines } from '../support/lines.js';
import { findProgram, missingPrograms, skipped } from '../support/requirements.js';
import { request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 60_000 });
afterEach(cleanUp);

const start = async (...more: string[]) => {
  const instance = await Instance.make();
  const address = join(instance.folder, 'stats.sock');
  const server = await instance.start('--processes', '2', '--threads', '2', '--stats', address, ...more);
  return { instance, server, address };
};

it('counts what a client has counted', async () => {
  const { instance, address } = await start();
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) => instance.get(index % 5 === 0 ? '/nowhere' : '/')),
  );
  const report = await readStatistics(address);
  const bytes = answers.reduce((sum, { raw }) => sum + raw.length, 0);
  expect(report.requests).toBe(200);
  expect(report.responses).toMatchObject({ none: 0, '2xx': 160, '4xx': 40, '5xx': 0 });
  expect(report.latency_histogram?.reduce((sum, [, count]) => sum + count, 0)).toBe(200);
  expect(report.workers.reduce((sum, { requests }) => sum + requests, 0)).toBe(200);
  expect(report.workers.reduce((sum, { tx }) => sum + tx, 0)).toBe(bytes);
  const cores = report.workers.flatMap((worker) => worker.cores ?? []);
  expect(cores).toHaveLength(4);
  expect(cores.reduce((sum, { requests }) => sum + requests, 0)).toBe(200);
});

it('counts the responses of a Node application by their status, though a short body comes with its head', async () => {
  const { instance, address } = await start(
    '--wsgi-file',
    join(import.meta.dirname, '../apps/kinds/express-export.cjs'),
  );
  await instance.get('/');
  const { responses } = await readStatistics(address);
  expect(responses).toMatchObject({ none: 0, '2xx': 1 });
});

it('is not held up by a stuck worker, and tells what it is stuck in', async () => {
  const { instance, server, address } = await start();
  const stuck = instance.get('/stuck');
  const busy = async () => {
    const { workers, in_flight } = await readStatistics(address);
    const cores = workers.flatMap((worker) => worker.cores ?? []).filter((core) => core.in_request === 1);
    return [in_flight, workers.filter(({ status }) => status === 'busy').length, cores[0]?.vars[1]];
  };
  await expect.poll(busy).toEqual([1, 1, 'REQUEST_URI=/']);
  await server.destroy();
  await stuck;
});

it('tells the request that has been open longest, not the one that came last', async () => {
  const { instance, server, address } = await start('--processes', '1', '--threads', '1');
  const slow = request(instance.socketPath, {
    vars: requestVars({ PATH_INFO: '/later', QUERY_STRING: '60000', REQUEST_URI: '/slow' }),
  });
  const current = async () => {
    await instance.get('/');
    const [core] = (await readStatistics(address)).workers[0]?.cores ?? [];
    return [core?.vars[1], (core?.running_ms ?? 0) > 500];
  };
  await expect.poll(current, { timeout: 15_000 }).toEqual(['REQUEST_URI=/slow', true]);
  await server.destroy();
  await slow;
});

it('keeps counting for a worker that was killed', async () => {
  const { instance, server, address } = await start();
  for (let n = 0; n < 10; n++) await instance.get('/');
  const position = server.lines.position;
  for (const pid of server.workers) process.kill(pid, 'SIGKILL');
  for (const id of [1, 2])
    await server.lines.waitFor(new RegExp(`^Respawned uWSGI worker ${id} `), { from: position });
  await instance.get('/');
  const report = await readStatistics(address);
  expect(report.requests).toBe(11);
  expect(report.workers.map(({ respawn_count }) => respawn_count)).toEqual([2, 2]);
  expect(report.workers.reduce((sum, { delta_requests }) => sum + delta_requests, 0)).toBe(1);
});

describe('a reload', () => {
  it('keeps the statistics, and what was counted', async () => {
    const { instance, server, address } = await start();
    await instance.get('/');
    server.kill('SIGHUP');
    await server.lines.waitFor(/^\.\.\.gracefully killing workers/);
    const settled = async () => {
      const { requests, retiring_workers } = await readStatistics(address);
      return [requests, retiring_workers?.length];
    };
    await expect.poll(settled).toEqual([1, 0]);
  });
});

it('says where it cannot listen', async () => {
  const instance = await Instance.make();
  const failed = await instance.startWith({ until: null }, '--stats', join(instance.folder, 'no/where.sock'));
  expect((await failed.exited).code).toBe(1);
  expect(failed.lines.text).toMatch(/command line: cannot listen on .*no\/where\.sock: bind: No such file/);
});

const uwsgi = ['uwsgi', missingPrograms('uwsgi', 'uwsgi_python3')] as const;

describe.skipIf(skipped(...uwsgi))('beside uWSGI', () => {
  it('has every key that uWSGI has', async () => {
    const folder = await makeDirectory();
    const theirs = join(folder, 'uwsgi-stats.sock');
    const child = spawn(findProgram('uwsgi_python3')!, [
      ...['--socket', join(folder, 'uwsgi.sock'), '--stats', theirs, '--master', '--need-app'],
      ...['--eval', 'application = lambda environ, start: (start("200 OK", []), [b"x"])[1]'],
    ]);
    onCleanUp(async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    });
    await new Lines(child.stdout, child.stderr).waitFor(/^spawned uWSGI worker 1 /);
    const { address } = await start();
    const [wanted, ours] = [await readStatistics(theirs), await readStatistics(address)];
    expect(missingKeys(wanted, ours)).toEqual([]);
  });
});

/** Keys of `wanted`, at any depth, that `given` lacks. The items of an array are like its first one. */
function missingKeys(wanted: unknown, given: unknown, path = ''): string[] {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(given)) return [path];
    return wanted.length === 0 || given.length === 0 ? [] : missingKeys(wanted[0], given[0], `${path}[]`);
  }
  if (typeof wanted !== 'object' || wanted === null) return [];
  return Object.entries(wanted).flatMap(([key, value]) => {
    const there = (given as Record<string, unknown>)[key];
    return there === undefined ? [`${path}.${key}`] : missingKeys(value, there, `${path}.${key}`);
  });
}

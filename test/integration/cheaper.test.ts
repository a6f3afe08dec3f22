/** Workers that come and go with the load, with real processes: nothing is lost while they go. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildBinary } from '../../bench/binaries.js';
import { type LoadReport, runLoad } from '../../bench/load.js';
import { cleanUp } from '../support/clean-up.js';
import { behaviours, Instance } from '../support/instance.js';
import { READY, startServer } from '../support/server.js';

vi.setConfig({ testTimeout: 60_000 });

let instance: Instance;

beforeAll(async () => {
  await buildBinary('uwsgi_load');
}, 120_000);
beforeEach(async () => {
  instance = await Instance.make();
});
afterEach(cleanUp);

/** An application that needs its worker for 2 ms, however busy the machine is. Returns its path. */
async function working(): Promise<string> {
  const app = join(instance.folder, 'app.mjs');
  await writeFile(
    app,
    `export function application(environ, start) {
      for (const end = performance.now() + 2; performance.now() < end; );
      start('200 OK', []);
      return 'worked';
    }`,
  );
  return app;
}

/** Load until `over` settles, in rounds of a second. */
async function loadUntil(over: Promise<unknown>, connections: number): Promise<LoadReport['errors'][]> {
  let isOver = false;
  const ended = over.finally(() => {
    isOver = true;
  });
  const errors: LoadReport['errors'][] = [];
  while (!isOver)
    errors.push((await runLoad({ socket: instance.socketPath, duration: 1, connections })).errors);
  await ended;
  return errors;
}

/** Requests one after the other until `over` settles, far fewer than a worker can take. Returns their statuses. */
async function trickleUntil(over: Promise<unknown>): Promise<number[]> {
  let isOver = false;
  const ended = over.finally(() => {
    isOver = true;
  });
  const statuses: number[] = [];
  while (!isOver) {
    statuses.push((await instance.get('/')).status);
    await wait(20);
  }
  await ended;
  return statuses;
}

describe('cheaper', () => {
  it('starts workers under load, lets them go after it, and loses no request', async () => {
    const args = instance.args('--wsgi-file', await working(), '--disable-logging', '--processes', '3');
    const server = await startServer({ args: [...args, '--cheaper', '1', '--cheaper-overload', '1'] });
    expect(server.lines.matching(READY)[0]).toContain(', 1 of 3 workers with 1 thread each, ');
    expect(server.workers).toHaveLength(1);
    const during = await loadUntil(server.lines.waitFor(/^spawned uWSGI worker 3 /), 8);
    const gone = expect
      .poll(() => server.lines.matching(/^uWSGI worker \d cheaped\.$/).length, { timeout: 20_000 })
      .toBe(2);
    const after = await trickleUntil(gone);
    await expect.poll(() => server.workers.length).toBe(1);
    expect(during.filter(({ total }) => total > 0)).toEqual([]);
    expect(new Set(after)).toEqual(new Set([200]));
  });

  it('starts workers for connections that wait, under backlog', async () => {
    const server = await instance.start(
      ...['--processes', '3', '--cheaper', '1', '--cheaper-algo', 'backlog', '--cheaper-overload', '1'],
      ...['--cheaper-step', '2', '--async', '1', '--disable-logging'],
    );
    const answers = Array.from({ length: 6 }, () => instance.get('/later', '1500'));
    await server.lines.waitFor(/^spawned uWSGI worker 3 /);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(6).fill(200));
    await server.lines.waitFor(/^uWSGI worker \d cheaped\.$/);
  });

  it('starts one beside a worker that is busy, and lets it go after quiet cycles, under busyness', async () => {
    const args = instance.args(
      ...['--wsgi-file', await working(), '--disable-logging', '--processes', '2', '--cheaper', '1'],
      ...['--cheaper-algo', 'busyness', '--cheaper-overload', '1', '--cheaper-busyness-multiplier', '1'],
      '--cheaper-busyness-verbose',
    );
    const server = await startServer({ args });
    const started = server.lines.waitFor(
      /^\[busyness\] 1s average busyness is at \d+%, will spawn 1 new worker/,
    );
    const errors = await loadUntil(
      started.then(() => server.lines.waitFor(/^spawned uWSGI worker 2 /)),
      8,
    );
    expect(errors.filter(({ total }) => total > 0)).toEqual([]);
    await server.lines.waitFor(/^uWSGI worker \d cheaped\.$/);
  });

  it('follows + and - on the master fifo, within its bounds', async () => {
    const fifo = join(instance.folder, 'fifo');
    const server = await instance.start(
      ...['--processes', '2', '--cheaper', '1', '--cheaper-algo', 'manual', '--master-fifo', fifo],
    );
    const say = async (letter: string, line: RegExp) => {
      const from = server.lines.position;
      await writeFile(fifo, letter);
      await server.lines.waitFor(line, { from });
    };
    await say('+', /^spawned uWSGI worker 2 /);
    await server.lines.waitFor(/^WSGI app 0 .* pid: \d+/, { from: server.lines.position - 1 });
    await say('+', /^all 2 workers run already/);
    await say('-', /^uWSGI worker \d cheaped\.$/);
    await say('r', /^\*\*\* uwsgi-node is ready: .* 1 of 2 workers/);
    expect((await instance.get('/')).status).toBe(200);
  });
});

describe('cheap mode', () => {
  it('has no worker before the first connection, nor after idle seconds without a request', async () => {
    const waiting = /^cheap mode enabled: waiting for socket connection\.\.\.$/;
    const args = instance.args('--wsgi-file', behaviours, '--cheap', '--idle', '1');
    const server = await startServer({ args, until: waiting });
    expect(server.workers).toEqual([]);
    for (const reload of [false, true]) {
      const from = server.lines.position;
      if (reload) {
        server.kill('SIGHUP');
        await server.lines.waitFor(waiting, { from });
      }
      expect((await instance.get('/')).status).toBe(200);
      await server.lines.waitFor(/^workers have been inactive for more than 1 seconds$/, { from });
      await server.lines.waitFor(/^uWSGI worker 1 cheaped\.$/, { from });
      expect(server.workers).toEqual([]);
    }
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('begins with C on the master fifo, and requests that run are finished', async () => {
    const fifo = join(instance.folder, 'fifo');
    const server = await instance.start('--processes', '2', '--master-fifo', fifo);
    const late = instance.get('/halves', '700');
    await instance.get('/');
    await writeFile(fifo, 'C');
    expect((await late).body.toString()).toBe('first second');
    await expect.poll(() => server.workers).toEqual([]);
    const answers = await Promise.all([instance.get('/'), instance.get('/')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await expect.poll(() => server.workers.length).toBe(2);
  });

  it('is no more than a stop under die-on-idle', async () => {
    const server = await instance.start('--idle', '1', '--die-on-idle');
    expect((await instance.get('/')).status).toBe(200);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.lines.text).toContain('workers have been inactive for more than 1 seconds');
  });
});

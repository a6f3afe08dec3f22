import { describe, expect, it } from 'vitest';
import { toReport } from '../../../src/stats/to-report.js';
import { coreOf, snapshotOf, tallyOf, workerOf } from './snapshots.js';

const options = { noCores: false };

/** What uwsgitop reads without asking whether it is there. */
const readByUwsgitop = {
  top: ['version', 'listen_queue', 'cwd', 'uid', 'gid', 'pid', 'workers'],
  worker: [
    ...['id', 'pid', 'requests', 'running_time', 'tx', 'last_spawn', 'signals', 'status', 'exceptions'],
    ...['avg_rt', 'rss', 'vsz', 'respawn_count', 'harakiri_count', 'cores'],
  ],
  core: ['id', 'requests', 'in_request'],
};

it('has every key that uwsgitop reads', () => {
  const report = toReport(snapshotOf(), options);
  expect(Object.keys(report)).toEqual(expect.arrayContaining(readByUwsgitop.top));
  expect(Object.keys(report.workers[0]!)).toEqual(expect.arrayContaining(readByUwsgitop.worker));
  expect(Object.keys(report.workers[0]!.cores![0]!)).toEqual(expect.arrayContaining(readByUwsgitop.core));
});

describe('a worker', () => {
  it.each([
    ['idle', {}, 'serving'],
    ['busy', { open: 1 }, 'serving'],
    ['pause', {}, 'paused'],
    ['cheap', { pid: 0, state: 'none' }, 'serving'],
  ] as const)('is %s', (status, changes, phase) => {
    const report = toReport(snapshotOf({ phase, workers: [workerOf(changes)] }), options);
    expect(report.workers[0]?.status).toBe(status);
  });

  it('counts for all who have had its place, and apart from them for who has it now', () => {
    const tally = tallyOf({ finished: 10, runningTime: 2_000, bytes: 77, exceptions: 1, harakiris: 2 });
    const report = toReport(snapshotOf({ workers: [workerOf({ tally, requests: 4, spawns: 3 })] }), options);
    expect(report.workers[0]).toMatchObject({
      requests: 10,
      delta_requests: 4,
      running_time: 2000,
      avg_rt: 200,
      tx: 77,
      exceptions: 1,
      harakiri_count: 2,
      respawn_count: 3,
    });
  });

  it('accepts when it is ready', () => {
    const accepting = (state: 'starting' | 'ready') =>
      toReport(snapshotOf({ workers: [workerOf({ state })] }), options).workers[0]?.accepting;
    expect([accepting('starting'), accepting('ready')]).toEqual([0, 1]);
  });
});

it('tells the request of a busy core, and when it began', () => {
  const current = { method: 'GET', uri: '/slow?x=1', address: '10.0.0.1', age: 2_500 };
  const busy = workerOf({ open: 1, cores: [coreOf({ open: 1, current })] });
  expect(toReport(snapshotOf({ workers: [busy] }), options).workers[0]?.cores?.[0]).toMatchObject({
    in_request: 1,
    vars: ['REQUEST_METHOD=GET', 'REQUEST_URI=/slow?x=1', 'REMOTE_ADDR=10.0.0.1', ''],
    req_info: { request_start: 1_700_000_097 },
    running_ms: 2500,
  });
});

it('leaves the cores out', () => {
  expect(toReport(snapshotOf(), { noCores: true }).workers[0]).not.toHaveProperty('cores');
});

it('has the longest queue as the queue', () => {
  const sockets = [3, null, 8].map((queue) => ({ name: 's', protocol: 'uwsgi', queue, maxQueue: 100 }));
  const report = toReport(snapshotOf({ sockets }), options);
  expect(report).toMatchObject({ listen_queue: 8, load: 8 });
  expect(report.sockets.map(({ queue }) => queue)).toEqual([3, 0, 8]);
});

it('lists commands at certain times where there are some, with the words of uWSGI', () => {
  expect(toReport(snapshotOf(), options)).not.toHaveProperty('crons');
  const times = { minute: -5, hour: 3, day: -1, month: -1, week: 7 };
  const crons = [
    { ...times, command: 'a', isUnique: true, pid: 4711, startedAt: 1_700_000_000_999 },
    { ...times, command: 'b', isUnique: false, pid: null, startedAt: null },
  ];
  expect(toReport(snapshotOf({ crons }), options).crons).toEqual([
    { ...times, command: 'a', unique: 1, legion: '', pid: 4711, started_at: 1_700_000_000 },
    { ...times, command: 'b', unique: 0, legion: '', pid: -1, started_at: 0 },
  ]);
});

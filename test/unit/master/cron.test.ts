/** Without processes and without waiting: the clock and the system are the test's. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type CronSetting, parseCron, parseKeyedCron } from '../../../src/config/cron-spec.js';
import { defaultSettings } from '../../../src/config/default-settings.js';
import { Cron, type CronState } from '../../../src/master/cron.js';
import type { ChildEnd, ChildStart } from '../../../src/native.js';

/** In the middle of a minute. */
const BEGIN = 1000 * 60_000 + 30_000;
let lines: string[];
let started: ChildStart[];
/** Of children that have ended and were not collected. */
let ends: Map<number, ChildEnd>;
const opened: Cron[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: BEGIN });
  lines = [];
  started = [];
  ends = new Map();
});
afterEach(() => {
  for (const cron of opened.splice(0)) cron.end();
  vi.useRealTimers();
});

function create(): Cron {
  const cron = new Cron({
    log: (...more) => lines.push(...more),
    now: Date.now,
    env: () => ({ A: 'b', C: undefined }),
    native: {
      startChild: (start) => {
        if (start.argv[2] === 'impossible') throw new Error('posix_spawn: Cannot allocate memory');
        return 999_000_000 + started.push(start);
      },
      collectChild: (pid) => ends.get(pid) ?? null,
    },
  });
  opened.push(cron);
  return cron;
}

const apply = (cron: Cron, crons: CronSetting[], cronHarakiri = 0) =>
  cron.apply({ ...defaultSettings(), crons, cronHarakiri });
const every = (command: string, isUnique = false) =>
  parseCron(`-1 -1 -1 -1 -1 ${command}`, isUnique).setting!;
const commands = () => started.map(({ argv }) => argv[2]);
const end = (pid: number, how: Partial<ChildEnd> = { code: 0 }) => {
  ends.set(pid, { code: null, signal: null, ...how });
  process.emit('SIGCHLD', 'SIGCHLD');
};
const pass = (milliseconds: number) => vi.advanceTimersByTime(milliseconds);
const PID = 999_000_001;

it('runs commands in the minute of the start, and in each that begins, with a shell in a session of its own', () => {
  const cron = create();
  apply(cron, [every('echo a'), parseCron('-1 -1 31 2 -1 never', false).setting!]);
  expect(lines.splice(0)).toEqual([
    '[uwsgi-cron] command "echo a" registered as cron task',
    '[uwsgi-cron] command "never" registered as cron task',
  ]);
  cron.begin();
  cron.begin();
  expect(lines.splice(0)).toEqual([`[uwsgi-cron] running "echo a" (pid ${PID})`]);
  expect(started).toEqual([
    {
      path: '/bin/sh',
      argv: ['/bin/sh', '-c', 'echo a'],
      env: ['A=b'],
      cwd: process.cwd(),
      descriptors: [-1, 1, 2],
      hasSession: true,
    },
  ]);
  pass(29_999);
  expect(started).toHaveLength(1);
  pass(1);
  expect(commands()).toEqual(['echo a', 'echo a']);
  pass(60_000);
  expect(commands()).toEqual(['echo a', 'echo a', 'echo a']);
});

it('tells how they end, and starts one that is unique not before', () => {
  const cron = create();
  apply(cron, [every('slow', true)]);
  cron.begin();
  pass(120_000);
  expect(lines.splice(0).slice(1)).toEqual([
    `[uwsgi-cron] running "slow" (pid ${PID})`,
    `[uwsgi-cron] command "slow" is due, and still runs with pid ${PID}: it is not started while it does`,
  ]);
  end(PID);
  pass(60_000);
  end(PID + 1, { code: 3 });
  pass(60_000);
  end(PID + 2, { signal: 9 });
  expect(lines).toEqual([
    `[uwsgi-cron] command "slow" running with pid ${PID} exited after 120 second(s)`,
    `[uwsgi-cron] running "slow" (pid ${PID + 1})`,
    `[uwsgi-cron] command "slow" running with pid ${PID + 1} exited after 30 second(s), exit code 3`,
    `[uwsgi-cron] running "slow" (pid ${PID + 2})`,
    `[uwsgi-cron] command "slow" running with pid ${PID + 2} exited after 30 second(s), killed by signal 9`,
  ]);
});

it('kills what takes too long: its own bound goes before cron-harakiri', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  const cron = create();
  apply(
    cron,
    [every('a'), parseKeyedCron('harakiri=20 b').setting!, parseKeyedCron('harakiri=0 c').setting!],
    10,
  );
  cron.begin();
  pass(9_999);
  expect(kill).not.toHaveBeenCalled();
  pass(1);
  expect(lines.at(-1)).toBe(`*** HARAKIRI ON CRON "a" (pid: ${PID}) ***`);
  expect(kill.mock.calls).toEqual([[-PID, 'SIGKILL']]);
  end(PID, { signal: 9 });
  end(PID + 1);
  pass(15_000);
  expect(kill).toHaveBeenCalledTimes(1);
  kill.mockRestore();
});

it('survives a command that cannot be started', () => {
  const cron = create();
  apply(cron, [every('impossible'), every('b')]);
  cron.begin();
  expect(lines).toContain(
    '[uwsgi-cron] command "impossible" cannot be started: posix_spawn: Cannot allocate memory',
  );
  expect(commands()).toEqual(['b']);
});

it('a reload leaves alone what runs, and runs nothing twice in a minute', () => {
  const cron = create();
  apply(cron, [every('a', true), every('b')]);
  cron.begin();
  apply(cron, [every('a', true), every('c')]);
  expect(lines.at(-1)).toBe('[uwsgi-cron] command "c" registered as cron task');
  cron.look();
  expect(commands()).toEqual(['a', 'b']);
  pass(30_000);
  expect(commands()).toEqual(['a', 'b', 'c']);
  end(PID + 1);
  expect(lines.at(-1)).toBe(`[uwsgi-cron] command "b" running with pid ${PID + 1} exited after 30 second(s)`);
});

it('the next program goes on with the minute and the commands of the one before', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  const first = create();
  const settings = [every('a', true), every('b')];
  apply(first, settings, 100);
  first.begin();
  const left = JSON.parse(JSON.stringify(first.state)) as CronState;
  first.end();
  lines = [];
  // Ended while nobody listened.
  ends.set(PID + 1, { code: 0, signal: null });

  pass(20_000);
  const next = create();
  apply(next, settings, 100);
  next.begin(left);
  expect(lines.slice(2)).toEqual([
    `[uwsgi-cron] command "b" running with pid ${PID + 1} exited after 20 second(s)`,
  ]);
  expect(started).toHaveLength(2);
  pass(10_000);
  expect(commands().slice(2)).toEqual(['b']);
  pass(69_999);
  expect(kill).not.toHaveBeenCalled();
  pass(1);
  expect(kill.mock.calls).toEqual([[-PID, 'SIGKILL']]);
  kill.mockRestore();
});

it('starts nothing while the server stops, and says at its end what goes on', () => {
  const cron = create();
  apply(cron, [every('a')]);
  cron.begin();
  cron.rest();
  pass(120_000);
  expect(commands()).toEqual(['a']);
  cron.end();
  expect(lines.at(-1)).toBe(`[uwsgi-cron] command "a" running with pid ${PID} goes on without the server`);
});

it('shows what runs', () => {
  const cron = create();
  apply(cron, [every('a'), parseCron('0 3 -1 -1 -1 b', true).setting!]);
  cron.begin();
  expect(cron.snapshot).toMatchObject([
    { command: 'a', minute: -1, isUnique: false, pid: PID, startedAt: BEGIN },
    { command: 'b', hour: 3, isUnique: true, pid: null, startedAt: null },
  ]);
  end(PID);
  expect(cron.snapshot[0]).toMatchObject({ pid: null, startedAt: null });
});

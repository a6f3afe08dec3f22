import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings } from '../../../src/config/default-settings.js';
import {
  EXIT_FAILED_APP,
  type InheritedListener,
  MESSAGES_VERSION,
  type WorkerToMaster,
} from '../../../src/messages.js';
import { FIRST_DELAY } from '../../../src/throttle.js';
import type { WatchedWorker } from '../../../src/worker/harakiri.js';
import { WorkerControl } from '../../../src/worker/worker.js';
import { FakeThread } from './fake-thread.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const listeners = [{ fd: 4, name: '/run/a.sock', protocol: 'uwsgi', family: 'unix' }] as const;

function create() {
  const threads: FakeThread[] = [];
  const sent: WorkerToMaster[] = [];
  const exits: number[] = [];
  const lastCalled: InheritedListener[] = [];
  const kills: number[] = [];
  const watched: WatchedWorker[] = [];
  const lines: string[] = [];
  const loads: [number, number][] = [];
  const lifelines: { fd: number; cut: () => void }[] = [];
  const control = new WorkerControl({
    pid: 123,
    send: (message, done) => {
      sent.push(message);
      setTimeout(done, 0);
    },
    spawnThread: (start) => {
      const thread = new FakeThread(start);
      threads.push(thread);
      return thread;
    },
    lastCall: (listeners) => {
      lastCalled.push(...listeners);
      return Promise.resolve();
    },
    exit: (code) => exits.push(code),
    kill: () => kills.push(threads.length),
    watch: (worker) => watched.push(worker),
    answer: async (_, question, seen) => ({
      stacks: seen.map(({ thread, row }) => ({ core: thread.core, lines: [question.kind, `row ${row}`] })),
    }),
    log: (...more) => lines.push(...more),
    pin: () => null,
    reopenLogs: () => ['opened again'],
    watchEnd: (fd, cut) => lifelines.push({ fd, cut }),
    saveLogs: () => lines.push('saved'),
    scoreboard: {
      mapScoreboard: () => {},
      forgetDeadlines: () => {},
      reportLoad: (row, thousandths) => loads.push([row, thousandths]),
    },
  });
  return { control, threads, sent, exits, kills, watched, lines, loads, lastCalled, lifelines };
}

function start(changes = {}) {
  const parts = create();
  parts.control.receive({
    type: 'start',
    version: MESSAGES_VERSION,
    workerId: 7,
    settings: { ...defaultSettings(), ...changes },
    listeners: [...listeners],
    lifeline: 9,
  });
  return parts;
}

describe('WorkerControl, looked into', () => {
  it('answers for the threads that there are', async () => {
    const { control, sent } = start({ threads: 2 });
    control.receive({ type: 'look', ask: 5, question: { kind: 'traceback' } });
    await vi.advanceTimersByTimeAsync(0);
    const stacks = [0, 1].map((core) => ({ core, lines: ['traceback', 'row null'] }));
    expect(sent).toEqual([{ type: 'looked', ask: 5, answer: { stacks } }]);
  });
});

describe('WorkerControl, debugged', () => {
  const inspect = { host: '127.0.0.1', port: 9229, origin: { file: null, line: null } };

  it('lets debuggers connect to its threads when it may, each at a port of its own', () => {
    const { control, threads } = start({ threads: 2, inspect });
    expect(threads.map(({ start: { debug } }) => debug)).toEqual([undefined, undefined]);
    control.receive({ type: 'take-debug-port' });
    expect(threads.map(({ sent }) => sent)).toEqual(
      [9229, 9230].map((port) => [{ type: 'debug', address: { host: '127.0.0.1', port } }]),
    );
    // So does a thread that takes the place of another one.
    threads[1]!.ready();
    threads[1]!.end(1);
    vi.advanceTimersByTime(FIRST_DELAY);
    expect(threads[2]?.start.debug ?? null).toBeNull();
  });

  it('says nothing to its threads where the reload has taken `inspect` away', () => {
    const { control, threads } = start({ threads: 2 });
    control.receive({ type: 'take-debug-port' });
    expect(threads.map(({ sent }) => sent)).toEqual([[], []]);
  });
});

describe('WorkerControl, starting', () => {
  it('starts every thread at once with what the master said', () => {
    const { threads } = start({ threads: 2 });
    const settings = { ...defaultSettings(), threads: 2 };
    const common = { version: MESSAGES_VERSION, workerId: 7, settings, listeners, requestLogFd: 2 };
    expect(threads.map(({ start }) => start)).toEqual([
      { ...common, core: 0 },
      { ...common, core: 1 },
    ]);
  });

  it('is ready when the last thread is', () => {
    const { threads, sent } = start({ threads: 2 });
    threads[0]!.ready();
    expect(sent).toEqual([]);
    threads[1]!.ready();
    expect(sent).toEqual([expect.objectContaining({ type: 'ready' })]);
  });

  it('exits with code 22 after it has said why the application cannot be loaded', () => {
    const { threads, sent, exits } = start({ threads: 2 });
    threads[0]!.say({ type: 'failed', reason: 'no such file' });
    threads[0]!.end(0);
    threads[1]!.say({ type: 'failed', reason: 'no such file' });
    threads[1]!.end(0);
    expect(exits).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(sent).toEqual([{ type: 'failed', reason: 'no such file' }]);
    expect(exits).toEqual([EXIT_FAILED_APP]);
  });

  it('takes a thread that dies while it loads for an application that cannot be loaded', () => {
    const { threads, sent } = start();
    threads[0]!.end(1, new Error('thrown in a timer'));
    expect(sent).toEqual([
      { type: 'failed', reason: expect.stringContaining('Error: thrown in a timer\n    at') },
    ]);
  });

  it('names process.exit when the application calls it while it is loaded', () => {
    const { threads, sent } = start();
    threads[0]!.end(3);
    expect(sent).toEqual([{ type: 'failed', reason: expect.stringContaining('process.exit(3)') }]);
  });

  it('refuses a master of another version', () => {
    const { control, threads, sent, exits } = create();
    const settings = defaultSettings();
    control.receive({ type: 'start', version: MESSAGES_VERSION + 1, workerId: 1, settings, listeners: [] });
    vi.advanceTimersByTime(0);
    expect(threads).toEqual([]);
    expect(sent).toEqual([
      { type: 'foreign' },
      { type: 'failed', reason: expect.stringContaining('the package was replaced') },
    ]);
    expect(exits).toEqual([EXIT_FAILED_APP]);
  });
});

describe('WorkerControl, replacing', () => {
  it('replaces a thread that an exception ended, with its stack in the log', () => {
    const { threads, lines, sent, exits } = start({ threads: 2 });
    for (const thread of threads) thread.ready();
    threads[1]!.end(1, new Error('boom'));
    expect(lines[0]).toBe(
      'DAMN ! core 1 of worker 7 (pid: 123) died, uncaught exception :( trying respawn ...',
    );
    expect(lines[1]).toMatch(/^Error: boom\n {4}at /);
    vi.advanceTimersByTime(0);
    expect(threads).toHaveLength(3);
    expect(threads[2]!.start.core).toBe(1);
    threads[2]!.ready();
    expect(lines.at(-1)).toBe('Respawned core 1 of worker 7');
    expect(sent).toHaveLength(1);
    expect(exits).toEqual([]);
  });

  it.each([
    ['its heap is full', 1, Object.assign(new Error('limit'), { code: 'ERR_WORKER_OUT_OF_MEMORY' })],
    ['process.exit(3) was called', 3, undefined],
    ['uncaught exception', 1, 'a string'],
  ])('says that %s', (cause, code, error) => {
    const { threads, lines } = start();
    threads[0]!.ready();
    threads[0]!.end(code, error);
    expect(lines[0]).toContain(`died, ${cause} :(`);
  });

  it('waits when a thread dies in a loop', () => {
    const { threads, lines } = start();
    for (let deaths = 0; deaths < 2; deaths += 1) {
      threads.at(-1)!.ready();
      threads.at(-1)!.end(1, new Error('boom'));
      vi.advanceTimersByTime(0);
    }
    expect(threads).toHaveLength(2);
    expect(lines.at(-1)).toBe(
      'core 0 of worker 7 respawning too fast !!! i have to sleep a bit (0.25 seconds)...',
    );
    vi.advanceTimersByTime(FIRST_DELAY);
    expect(threads).toHaveLength(3);
  });

  it('keeps trying when the application cannot be loaded any more', () => {
    const { threads, lines, exits } = start();
    threads[0]!.ready();
    threads[0]!.end(1, new Error('boom'));
    vi.advanceTimersByTime(0);
    threads[1]!.say({ type: 'failed', reason: 'SyntaxError' });
    expect(threads[1]!.terminated).toBe(true);
    threads[1]!.end(1);
    expect(lines).toContain('SyntaxError');
    expect(lines).toContain('OOPS ! failed loading app in core 0 of worker 7 (pid 123) :( trying again...');
    vi.advanceTimersByTime(FIRST_DELAY);
    expect(threads).toHaveLength(3);
    expect(exits).toEqual([]);
  });
});

describe('WorkerControl, stopping', () => {
  it('drains the threads and exits with code 0 after the last one', () => {
    const { control, threads, exits } = start({ threads: 2 });
    for (const thread of threads) thread.ready();
    control.receive({ type: 'stop' });
    expect(threads.map(({ sent }) => sent)).toEqual([[{ type: 'drain' }], [{ type: 'drain' }]]);
    threads[0]!.say({ type: 'drained' });
    threads[0]!.end(0);
    vi.advanceTimersByTime(30_000);
    expect(exits).toEqual([]);
    threads[1]!.say({ type: 'drained' });
    threads[1]!.end(0);
    expect(exits).toEqual([0]);
  });

  it('does not wait for ever for a thread that has finished its requests but does not end', () => {
    const { control, threads, exits } = start({ threads: 2 });
    for (const thread of threads) thread.ready();
    control.receive({ type: 'stop' });
    threads[0]!.end(1, new Error('boom'));
    threads[1]!.say({ type: 'drained' });
    expect(exits).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(exits).toEqual([0]);
  });

  it('does not wait for a thread of uWebSockets.js, which cannot end', () => {
    const { control, threads, exits } = start();
    threads[0]!.ready('uWebSockets.js');
    control.receive({ type: 'stop' });
    threads[0]!.say({ type: 'drained' });
    expect(exits).toEqual([0]);
  });

  it('does not repeat why the application cannot be loaded while it stops', () => {
    const { control, threads, lines, exits } = start();
    control.receive({ type: 'stop' });
    threads[0]!.say({ type: 'failed', reason: 'no such file' });
    expect(threads[0]!.terminated).toBe(true);
    threads[0]!.end(1);
    expect(lines).toEqual([]);
    expect(exits).toEqual([0]);
  });

  it('does not start again what died while it stops, nor what was about to be started', () => {
    const { control, threads, exits } = start({ threads: 2 });
    for (const thread of threads) thread.ready();
    threads[0]!.end(1, new Error('boom'));
    control.receive({ type: 'stop' });
    threads[1]!.end(1, new Error('boom'));
    vi.advanceTimersByTime(60_000);
    expect(threads).toHaveLength(2);
    expect(exits).toEqual([0]);
  });

  it('ends the listeners and finishes its requests when the master is gone, but not longer than the mercy', async () => {
    const { control, threads, exits, lastCalled } = start({ workerReloadMercy: 5 });
    threads[0]!.ready();
    control.masterGone();
    expect(lastCalled).toEqual(listeners);
    expect(threads[0]!.sent).toEqual([]);
    await Promise.resolve();
    expect(threads[0]!.sent).toEqual([{ type: 'drain' }]);
    vi.advanceTimersByTime(4_999);
    expect(exits).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(exits).toEqual([1]);
  });

  it('serves on when another program takes the place of the master, until that one lets go of it', () => {
    const { control, threads, exits, lastCalled, lifelines } = start();
    threads[0]!.ready();
    control.receive({ type: 'hand-over' });
    control.receive({ type: 'hand-over' });
    control.masterGone();
    expect(lifelines.map(({ fd }) => fd)).toEqual([9]);
    expect([lastCalled, threads[0]!.sent, exits]).toEqual([[], [], []]);
    lifelines[0]!.cut();
    expect(threads[0]!.sent).toEqual([{ type: 'drain', isReplaced: true }]);
  });

  it('ends when the master was gone before it said anything', async () => {
    const { control, exits } = create();
    control.masterGone();
    await Promise.resolve();
    expect(exits).toEqual([0]);
  });
});

it('WorkerControl opens the log again when it is told to, and saves it when the master is gone', () => {
  const { control, threads, lines } = create();
  const logs = { original: 1, log: 0, requestsRead: 2, requests: 3, files: [], first: 10 };
  const settings = defaultSettings();
  control.receive({
    type: 'start',
    version: MESSAGES_VERSION,
    workerId: 7,
    settings,
    listeners: [...listeners],
    logs,
  });
  expect(threads[0]!.start.requestLogFd).toBe(13);
  control.receive({ type: 'reopen-logs' });
  expect(lines).toEqual(['opened again']);
  control.masterGone();
  expect(lines).toContain('saved');
});

describe('WorkerControl, measuring', () => {
  it('reports every second how much each thread is at work, into its row', () => {
    const { control, threads, loads } = create();
    control.receive({
      type: 'start',
      version: MESSAGES_VERSION,
      workerId: 7,
      settings: { ...defaultSettings(), threads: 2 },
      listeners: [...listeners],
      scores: { fd: 9, size: 100, row: 40 },
    });
    threads[1]!.load = 0.25;
    vi.advanceTimersByTime(1_000);
    expect(loads).toEqual([
      [40, 0],
      [41, 250],
    ]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Death, type WorkerEvents, WorkerHandle } from '../../../src/master/worker-handle.js';
import { MESSAGES_VERSION } from '../../../src/messages.js';
import { FakeWorker, settings } from './fake-worker.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const listeners = [
  { fd: 21, name: '/run/a.sock', protocol: 'uwsgi', family: 'unix' },
  { fd: 22, name: '127.0.0.1:80', protocol: 'http', family: 'inet' },
] as const;

function start(process: FakeWorker | Error) {
  const seen: string[] = [];
  const deaths: Death[] = [];
  const events: WorkerEvents = {
    ready: () => seen.push('ready'),
    failed: (_, reason) => seen.push(`failed ${reason}`),
    noMercy: () => seen.push('no mercy'),
    ended: (_, death) => {
      seen.push('ended');
      deaths.push(death);
    },
  };
  const spawn = () => {
    if (process instanceof Error) throw process;
    return process;
  };
  const handle = new WorkerHandle(3, { settings: settings(), listeners: [...listeners], spawn }, events);
  return { handle, seen, deaths };
}

describe('WorkerHandle', () => {
  it('tells the worker its number, its settings and where it finds the listeners', () => {
    const process = new FakeWorker(7);
    start(process);
    expect(process.sent).toEqual([
      {
        type: 'start',
        version: MESSAGES_VERSION,
        workerId: 3,
        settings: settings(),
        listeners: [
          { fd: 4, name: '/run/a.sock', protocol: 'uwsgi', family: 'unix', passed: false },
          { fd: 5, name: '127.0.0.1:80', protocol: 'http', family: 'inet', passed: false },
        ],
      },
    ]);
  });

  it('reports readiness and how long the worker lived after it', () => {
    const process = new FakeWorker(7);
    const { handle, seen, deaths } = start(process);
    process.ready();
    expect(handle.state).toBe('ready');
    vi.advanceTimersByTime(5_000);
    process.end(null, 'SIGKILL');
    expect(seen).toEqual(['ready', 'ended']);
    expect(deaths).toEqual([{ code: null, signal: 9, error: null, lived: 5_000 }]);
    expect(handle.state).toBe('gone');
  });

  it('passes on why the application cannot be loaded before the end', () => {
    const process = new FakeWorker(7);
    const { seen, deaths } = start(process);
    process.emit('exit', 22, null);
    process.say({ type: 'failed', reason: 'no such file' });
    process.emit('close', 22, null);
    expect(seen).toEqual(['failed no such file', 'ended']);
    expect(deaths[0]).toMatchObject({ code: 22, lived: null });
  });

  it('does not wait for ever for a channel that a descendant of the dead worker holds open', () => {
    const process = new FakeWorker(7);
    const { seen } = start(process);
    process.emit('exit', 1, null);
    expect(seen).toEqual([]);
    vi.advanceTimersByTime(100);
    process.emit('close', 1, null);
    expect(seen).toEqual(['ended']);
  });

  it('hands over what somebody asks, and the answer; a worker that ends answers nothing', async () => {
    const process = new FakeWorker(7);
    const { handle } = start(process);
    const looks = [1, 2].map(() => handle.look({ kind: 'traceback' }));
    expect(process.sent.slice(1)).toEqual([
      { type: 'look', ask: 1, question: { kind: 'traceback' } },
      { type: 'look', ask: 2, question: { kind: 'traceback' } },
    ]);
    process.say({ type: 'looked', ask: 2, answer: { stacks: [] } });
    process.end(0);
    expect(await Promise.all(looks)).toEqual([null, { stacks: [] }]);
    expect(await handle.look({ kind: 'traceback' })).toBeNull();
  });

  it('asks the worker to stop, and kills it when the mercy is over', () => {
    const process = new FakeWorker(7);
    const { handle, seen } = start(process);
    handle.stop(60);
    handle.stop(60);
    expect(process.sent.slice(1)).toEqual([{ type: 'stop' }]);
    vi.advanceTimersByTime(59_999);
    expect(process.killed).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(seen).toEqual(['no mercy']);
    expect(process.killed).toEqual(['SIGKILL']);
  });

  it('forgets the mercy of a worker that stopped in time', () => {
    const process = new FakeWorker(7);
    const { handle, seen } = start(process);
    handle.stop(60);
    process.end(0);
    handle.kill();
    vi.advanceTimersByTime(60_000);
    expect(seen).toEqual(['ended']);
    expect(process.killed).toEqual([]);
  });

  it('takes a mercy longer than a timer can be', () => {
    const process = new FakeWorker(7);
    start(process).handle.stop(10_000_000);
    vi.advanceTimersByTime(60_000);
    expect(process.killed).toEqual([]);
  });

  it.each([
    ['throws', (error: Error) => error],
    ['reports', (error: Error) => Object.assign(new FakeWorker(undefined), { error })],
  ])('ends when spawn %s a failure, and sends nothing', (_, fail) => {
    const error = new Error('spawn EAGAIN');
    const process = fail(error);
    const { handle, deaths } = start(process);
    handle.stop(60);
    if (process instanceof FakeWorker) process.emit('error', error);
    vi.advanceTimersByTime(1);
    expect(deaths).toEqual([{ code: null, signal: null, error, lived: null }]);
    if (process instanceof FakeWorker) expect(process.sent).toEqual([]);
  });
});

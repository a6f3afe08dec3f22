import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Master } from '../../../src/master/master.js';
import type { MasterParts } from '../../../src/master/master-parts.js';
import { statisticsLines } from '../../../src/master/statistics.js';
import { FIRST_DELAY, LONGEST_DELAY, YOUNG } from '../../../src/throttle.js';
import { type FakeWorker, fakeSpawn, settings } from './fake-worker.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const listeners = [{ fd: 21, name: '/run/a.sock', protocol: 'uwsgi', family: 'unix' }] as const;

function start(changes = {}, parts: Partial<MasterParts> = {}) {
  const lines: string[] = [];
  const { workers, spawn } = fakeSpawn();
  const life = { settings: settings(changes), listeners: [...listeners], spawn };
  const master = new Master({ ...life, log: (...more) => lines.push(...more), ...parts });
  master.start();
  const logged = (text: string | RegExp) => lines.filter((line) => line.match(text) !== null);
  return { master, life, lines, logged, workers };
}

describe('Master, starting', () => {
  it('spawns every worker at once and says so in the words of uWSGI', () => {
    const { lines, workers } = start({ processes: 2, threads: 4 });
    expect(workers).toHaveLength(2);
    expect(lines).toEqual([
      `spawned uWSGI master process (pid: ${process.pid})`,
      'spawned uWSGI worker 1 (pid: 101, cores: 4)',
      'spawned uWSGI worker 2 (pid: 102, cores: 4)',
    ]);
  });

  it('calls a single worker without master the only one', () => {
    const { lines } = start({ master: false });
    expect(lines).toEqual(['spawned uWSGI worker 1 (and the only) (pid: 101, cores: 1)']);
  });

  it('says that it is ready when the last worker is', () => {
    const { lines, logged, workers } = start({ processes: 2 });
    workers[1]!.ready();
    expect(lines.at(-1)).toBe(
      `WSGI app 0 (mountpoint='') ready in 1 seconds on interpreter ${process.version} pid: 102 (default app)`,
    );
    expect(logged('is ready')).toEqual([]);
    workers[0]!.ready();
    expect(lines.at(-1)).toBe(
      '*** uwsgi-node is ready: application of /srv/wsgi.js, 2 workers with 1 thread each, listening on /run/a.sock (uwsgi) ***',
    );
  });

  it('names what serves HTTP once', () => {
    const { logged, workers } = start({ processes: 2 });
    for (const worker of workers) worker.say({ type: 'ready', app: null, http: 'node:http' });
    expect(logged('HTTP is served by')).toEqual(['HTTP is served by node:http']);
    expect(logged('no app loaded')).toHaveLength(2);
  });

  it('stops with code 22 when the application cannot be loaded, and gives the reason once', async () => {
    const { master, lines, logged, workers } = start({ processes: 2 });
    for (const worker of workers)
      worker.say({ type: 'failed', reason: 'Error: no such file\n    at wsgi.js:1' });
    workers[0]!.end(22);
    expect(workers[1]!.sent.at(-1)).toEqual({ type: 'stop' });
    workers[1]!.end(22);
    expect(await master.ended).toBe(22);
    expect(logged('no such file')).toHaveLength(1);
    expect(lines).toContain('*** no app loaded. GAME OVER ***');
    expect(workers).toHaveLength(2);
  });
});

describe('Master, replacing', () => {
  it('replaces a killed worker at once', () => {
    const { lines, workers } = start({ processes: 2 });
    for (const worker of workers) worker.ready();
    workers[0]!.end(null, 'SIGKILL');
    expect(lines.at(-1)).toBe('DAMN ! worker 1 (pid: 101) died, killed by signal 9 :( trying respawn ...');
    vi.advanceTimersByTime(0);
    expect(lines.at(-1)).toBe('Respawned uWSGI worker 1 (new pid: 103)');
    expect(workers[2]!.sent[0]).toMatchObject({ type: 'start', workerId: 1 });
  });

  it('does not say again that the server is ready', () => {
    const { logged, workers } = start();
    workers[0]!.ready();
    workers[0]!.end(1);
    vi.advanceTimersByTime(0);
    workers[1]!.ready();
    expect(logged('is ready')).toHaveLength(1);
  });

  it('waits longer and longer when a worker dies in a loop, and never gives up', () => {
    const { logged, workers } = start();
    workers[0]!.end(null, 'SIGSEGV');
    for (let deaths = 1; deaths < 12; deaths += 1) {
      vi.advanceTimersByTime(LONGEST_DELAY);
      expect(workers).toHaveLength(deaths + 1);
      workers.at(-1)!.ready();
      workers.at(-1)!.end(null, 'SIGSEGV');
    }
    const waits = logged('respawning too fast');
    expect(waits[0]).toBe(
      `worker 1 respawning too fast !!! i have to sleep a bit (${FIRST_DELAY / 1000} seconds)...`,
    );
    expect(waits.at(-1)).toContain(`(${LONGEST_DELAY / 1000} seconds)`);
  });

  it('forgets the loop after a long life', () => {
    const { logged, workers } = start();
    for (let deaths = 0; deaths < 4; deaths += 1) {
      workers.at(-1)!.ready();
      vi.advanceTimersByTime(YOUNG);
      workers.at(-1)!.end(1);
      vi.advanceTimersByTime(0);
    }
    expect(workers).toHaveLength(5);
    expect(logged('respawning too fast')).toEqual([]);
  });

  it('keeps trying when a later worker cannot load the application any more', () => {
    const { lines, logged, workers } = start();
    workers[0]!.ready();
    workers[0]!.end(1);
    vi.advanceTimersByTime(0);
    workers[1]!.say({ type: 'failed', reason: 'SyntaxError: oops' });
    workers[1]!.end(22);
    expect(lines).toContain('SyntaxError: oops');
    expect(lines).toContain('OOPS ! failed loading app in worker 1 (pid 102) :( trying again...');
    expect(logged('DAMN')).toHaveLength(1);
    vi.advanceTimersByTime(FIRST_DELAY);
    expect(workers).toHaveLength(3);
  });

  it('keeps trying when a worker cannot be spawned', () => {
    const lines: string[] = [];
    const { workers, spawn } = fakeSpawn();
    let failures = 1;
    const master = new Master({
      settings: settings(),
      listeners: [],
      spawn: (...life) => {
        failures -= 1;
        if (failures >= 0) throw new Error('spawn ENOMEM');
        return spawn(...life);
      },
      log: (...more) => lines.push(...more),
    });
    master.start();
    vi.advanceTimersByTime(1);
    expect(lines).toContain('worker 1 cannot be started: spawn ENOMEM');
    expect(workers).toHaveLength(1);
  });
});

describe('Master, stopping', () => {
  it('lets the workers finish and ends with code 0 after the last one', async () => {
    const { master, lines, logged, workers } = start({ processes: 2 });
    for (const worker of workers) worker.ready();
    master.stop('SIGTERM');
    expect(logged('SIGTERM received')).toHaveLength(1);
    expect(workers.map(({ sent }) => sent.at(-1))).toEqual([{ type: 'stop' }, { type: 'stop' }]);
    workers[1]!.end(0);
    vi.advanceTimersByTime(2_000);
    workers[0]!.end(0);
    expect(await master.ended).toBe(0);
    expect(lines.slice(-2)).toEqual(['worker 2 buried after 0 seconds', 'worker 1 buried after 2 seconds']);
    expect(workers).toHaveLength(2);
  });

  it('shows no mercy after worker-reload-mercy seconds', () => {
    const { master, lines, workers } = start({ workerReloadMercy: 5 });
    master.stop('SIGTERM');
    vi.advanceTimersByTime(5_000);
    expect(lines.at(-1)).toBe('worker 1 (pid: 101) is taking too much time to die...NO MERCY !!!');
    expect(workers[0]!.killed).toEqual(['SIGKILL']);
  });

  it('kills at once at the second signal', async () => {
    const { master, lines, workers } = start({ processes: 2 });
    master.stop('SIGTERM');
    workers[0]!.end(0);
    master.stop('SIGINT');
    expect(workers.map(({ killed }) => killed)).toEqual([[], ['SIGKILL']]);
    workers[1]!.end(null, 'SIGKILL');
    expect(await master.ended).toBe(0);
    expect(lines.at(-1)).toBe('worker 2 buried after 0 seconds, killed by signal 9');
  });

  it('ends at once when it never started', async () => {
    const { workers, spawn } = fakeSpawn();
    const master = new Master({ settings: settings(), listeners: [], spawn, log: () => {} });
    master.stop('SIGTERM');
    expect(await master.ended).toBe(0);
    expect(workers).toEqual([]);
  });

  it('does not wait for a worker that was about to be started', async () => {
    const { master, workers } = start();
    workers[0]!.end(1);
    master.stop('SIGTERM');
    expect(await master.ended).toBe(0);
    vi.advanceTimersByTime(LONGEST_DELAY);
    expect(workers).toHaveLength(1);
  });
});

describe('Master, exchanging', () => {
  function reload(begun: ReturnType<typeof start>, changes = {}) {
    const { spawn, ...rest } = begun.life;
    const order: string[] = [];
    const done = begun.master.replaceAll({ ...rest, spawn, settings: settings(changes) }, () => {
      order.push(`commit after ${begun.workers.filter(({ sent }) => sent.length > 1).length} stops`);
    });
    return { done, order };
  }

  it('stops the old workers when all of the new ones are ready, after the commit', async () => {
    const begun = start({ processes: 2 });
    const { workers, logged } = begun;
    for (const worker of workers) worker.ready();
    const { done, order } = reload(begun, { processes: 2 });
    workers[2]!.ready();
    expect(workers[0]!.sent).toHaveLength(1);
    workers[3]!.ready();
    expect(await done).toBe(true);
    expect(order).toEqual(['commit after 0 stops']);
    expect(workers.map(({ sent }) => sent.at(-1)!.type)).toEqual(['stop', 'stop', 'start', 'start']);
    workers[1]!.end(0);
    expect(logged(/^worker 2 killed successfully \(pid: 102\)$/)).toHaveLength(1);
    expect(logged('DAMN')).toEqual([]);
  });

  it.each([
    ['cannot load the application', (worker: FakeWorker) => worker.say({ type: 'failed', reason: 'oops' })],
    ['is killed', () => {}],
  ])('keeps the old workers when a new one %s', async (_, before) => {
    const begun = start({ processes: 2 });
    const { workers, logged } = begun;
    for (const worker of workers) worker.ready();
    const { done, order } = reload(begun, { processes: 3 });
    workers[2]!.ready();
    before(workers[3]!);
    workers[3]!.end(22);
    expect(await done).toBe(false);
    expect(order).toEqual([]);
    expect(workers.map(({ sent }) => sent.at(-1)!.type)).toEqual(['start', 'start', 'stop', 'start', 'stop']);
    for (const worker of [workers[2]!, workers[4]!]) worker.end(0);
    vi.advanceTimersByTime(LONGEST_DELAY);
    expect(workers).toHaveLength(5);
    expect(logged(/^the new worker 2 \(pid: 104\) died/)).toHaveLength(1);
  });

  it('replaces an old worker that dies while the new one loads, and ends both kinds at a stop', async () => {
    const begun = start();
    const { workers, master } = begun;
    workers[0]!.ready();
    const { done } = reload(begun);
    workers[0]!.end(null, 'SIGKILL');
    vi.advanceTimersByTime(0);
    expect(workers).toHaveLength(3);
    master.stop('SIGTERM');
    expect(await done).toBe(false);
    for (const worker of workers.slice(1)) {
      expect(worker.sent.at(-1)).toEqual({ type: 'stop' });
      worker.end(0);
    }
    expect(await master.ended).toBe(0);
  });

  it('kills a worker that took too long after a reload', async () => {
    const begun = start();
    const { workers, logged } = begun;
    workers[0]!.ready();
    const { done } = reload(begun, { workerReloadMercy: 5 });
    workers[1]!.ready();
    await done;
    vi.advanceTimersByTime(5_000);
    expect(workers[0]!.killed).toEqual(['SIGKILL']);
    workers[0]!.end(null, 'SIGKILL');
    expect(logged('NO MERCY')).toHaveLength(1);
  });

  it('waits at a stop for workers that an earlier reload told to go', async () => {
    const begun = start();
    const { workers, master } = begun;
    workers[0]!.ready();
    const { done } = reload(begun);
    workers[1]!.ready();
    await done;
    master.stop('SIGTERM');
    workers[1]!.end(0);
    let isOver = false;
    void master.ended.then(() => {
      isOver = true;
    });
    await Promise.resolve();
    expect(isOver).toBe(false);
    workers[0]!.end(0);
    expect(await master.ended).toBe(0);
  });
});

describe('Master, asked by an operator', () => {
  it('exchanges the workers in turn, and stops at the first that fails', async () => {
    const { master, workers, logged } = start({ processes: 3 });
    for (const worker of workers) worker.ready();
    const done = master.replaceInTurn();
    expect(workers).toHaveLength(4);
    workers[3]!.ready();
    await vi.advanceTimersByTimeAsync(0);
    expect(workers).toHaveLength(5);
    expect(workers[0]!.sent.at(-1)).toEqual({ type: 'stop', isReplaced: true });
    workers[4]!.end(22);
    expect(await done).toBe(false);
    expect(workers).toHaveLength(5);
    expect(logged('chain next victim')).toEqual([
      'chain next victim is worker 1',
      'chain next victim is worker 2',
    ]);
  });

  it('pauses and resumes, also before a stop', () => {
    const { master, workers } = start();
    workers[0]!.ready();
    master.pause();
    master.pause();
    expect(workers[0]!.killed).toEqual(['SIGSTOP']);
    master.stop('SIGTERM');
    expect(workers[0]!.killed).toEqual(['SIGSTOP', 'SIGCONT']);
  });

  it('pauses a worker that is replaced meanwhile, too', () => {
    const { master, workers } = start();
    workers[0]!.ready();
    master.pause();
    workers[0]!.end(null, 'SIGKILL');
    vi.advanceTimersByTime(0);
    workers[1]!.ready();
    expect(workers[1]!.killed).toEqual(['SIGSTOP']);
  });

  it('kills at once in a brutal stop and after a brutal reload', async () => {
    const killing = vi.fn();
    const { master, life, workers } = start({}, { killing });
    workers[0]!.ready();
    const done = master.replaceAll(life, () => {}, true);
    workers[1]!.ready();
    expect(await done).toBe(true);
    expect(workers[0]!.killed).toEqual(['SIGKILL']);
    expect(killing).not.toHaveBeenCalled();
    master.stopBrutally('a file system has gone', 1);
    expect(workers[1]!.killed).toEqual(['SIGKILL']);
    expect(killing).toHaveBeenCalledOnce();
    for (const worker of workers) worker.end(null, 'SIGKILL');
    expect(await master.ended).toBe(1);
  });

  it('takes on and dismisses workers one by one, and keeps one', () => {
    const { master, workers } = start();
    workers[0]!.ready();
    master.resize(1);
    expect(workers[1]!.sent[0]).toMatchObject({ workerId: 2 });
    workers[1]!.ready();
    master.resize(-1);
    master.resize(-1);
    expect(workers.map(({ sent }) => sent.at(-1)!.type)).toEqual(['start', 'stop']);
  });

  it('bounds the time of a reload and a stop by reload-mercy, too', () => {
    const { master, workers } = start({ workerReloadMercy: 60, reloadMercy: 3 });
    master.stop('SIGTERM');
    vi.advanceTimersByTime(3_000);
    expect(workers[0]!.killed).toEqual(['SIGKILL']);
  });

  it('says who works', () => {
    const { master, workers } = start({ processes: 2 });
    workers[0]!.ready();
    vi.advanceTimersByTime(5_000);
    expect(statisticsLines(master.crew, master.phase)).toEqual([
      `*** uwsgi-node master (pid: ${process.pid}): starting ***`,
      'worker 1 (pid: 101): ready, up 5 seconds, respawned 0 times',
      'worker 2 (pid: 102): starting, respawned 0 times',
    ]);
  });
});

describe('Master, cheaper', () => {
  const types = (workers: FakeWorker[]) => workers.map(({ sent }) => sent.at(-1)!.type);

  it('begins with cheaper-initial workers, wakes others, and lets them go for good', () => {
    const { master, lines, logged, workers } = start({ processes: 3, cheaper: 1 });
    expect(workers).toHaveLength(1);
    workers[0]!.ready();
    expect(lines.at(-1)).toContain(', 1 of 3 workers with 1 thread each, ');
    expect(master.wake(9)).toBe(2);
    expect(logged('spawned uWSGI worker 3')).toHaveLength(1);
    for (const worker of workers.slice(1)) worker.ready();
    master.cheapen(2);
    expect(types(workers)).toEqual(['start', 'stop', 'start']);
    expect(master.working?.map(({ id }) => id)).toEqual([1, 3]);
    workers[1]!.end(0);
    expect(lines.at(-1)).toBe('uWSGI worker 2 cheaped.');
    vi.advanceTimersByTime(LONGEST_DELAY);
    expect(workers).toHaveLength(3);
    expect(master.wake(1)).toBe(1);
    expect(lines.at(-1)).toBe('Respawned uWSGI worker 2 (new pid: 104)');
  });

  it('exchanges as many workers as work, within the new bounds', async () => {
    const { master, life, workers } = start({ processes: 4, cheaper: 1, cheaperInitial: 3 });
    for (const worker of workers) worker.ready();
    master.cheapen(1);
    workers[0]!.end(0);
    const fewer = { ...life, settings: settings({ processes: 2, cheaper: 1 }) };
    const done = master.replaceAll(fewer, () => {});
    for (const worker of workers.slice(3)) worker.ready();
    expect(await done).toBe(true);
    expect(types(workers)).toEqual(['stop', 'stop', 'stop', 'start', 'start']);
    expect(master.working?.map(({ id }) => id)).toEqual([1, 2]);
    const all = master.replaceAll({ ...life, settings: settings({ processes: 3 }) }, () => {});
    for (const worker of workers.slice(5)) worker.ready();
    expect(await all).toBe(true);
    expect(master.working).toHaveLength(3);
  });

  it('rests until somebody wakes it, also across a reload, and stops at once', async () => {
    const lines: string[] = [];
    const { workers, spawn } = fakeSpawn();
    const life = { settings: settings({ cheap: true, processes: 2 }), listeners: [...listeners], spawn };
    let rests = 0;
    let serves = 0;
    const master = new Master({
      ...life,
      log: (...more) => lines.push(...more),
      serving: () => {
        serves += 1;
      },
      resting: () => {
        rests += 1;
      },
    });
    master.start();
    expect(workers).toHaveLength(0);
    expect([serves, rests]).toEqual([1, 1]);
    expect(await master.replaceAll(life, () => {})).toBe(true);
    expect(rests).toBe(2);
    expect(master.wake()).toBe(2);
    for (const worker of workers) worker.ready();
    master.goCheap();
    expect(types(workers)).toEqual(['stop', 'stop']);
    expect([serves, rests]).toEqual([1, 3]);
    for (const worker of workers) worker.end(0);
    master.stop('SIGTERM');
    expect(await master.ended).toBe(0);
  });

  it('tells a worker that goes whether others serve on', () => {
    const { master, workers } = start({ processes: 3, cheaper: 1, cheaperInitial: 3 });
    for (const worker of workers.slice(0, 2)) worker.ready();
    // Its kept connections go over to the others, but not where nobody could take them.
    master.cheapen(1);
    expect(workers[0]!.sent.at(-1)).toEqual({ type: 'stop', handsOver: true });
    master.cheapen(2);
    expect(workers[1]!.sent.at(-1)).toEqual({ type: 'stop' });
  });

  it('starts nobody again who died while his place was given up', () => {
    const { master, workers } = start({ processes: 2, cheaper: 1, cheaperInitial: 2 });
    for (const worker of workers) worker.ready();
    workers[0]!.end(null, 'SIGKILL');
    master.cheapen(1);
    vi.advanceTimersByTime(LONGEST_DELAY);
    expect(workers).toHaveLength(2);
  });
});

describe('Master, draining', () => {
  /** Its `drain` ends when the test says so. */
  function startDraining() {
    let settle!: () => void;
    const drained = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const stopping = vi.fn();
    const parts = start({}, { drain: () => drained, stopping });
    parts.workers[0]!.ready();
    parts.master.stop('SIGTERM');
    return { ...parts, settle, stopping };
  }

  it('tells the workers to stop when nobody is let in any more, not before', async () => {
    const { master, workers, settle, stopping } = startDraining();
    expect(stopping).toHaveBeenCalledOnce();
    expect(master.phase).toBe('draining');
    expect(master.isStopping).toBe(true);
    expect(workers[0]!.sent.at(-1)).toMatchObject({ type: 'start' });
    settle();
    await vi.waitFor(() => expect(workers[0]!.sent.at(-1)).toEqual({ type: 'stop' }));
    expect(master.phase).toBe('stopping');
    workers[0]!.end(0);
    expect(await master.ended).toBe(0);
    expect(stopping).toHaveBeenCalledOnce();
  });

  it('replaces a worker that dies meanwhile: it is still to serve', () => {
    const { master, workers } = startDraining();
    workers[0]!.end(null, 'SIGKILL');
    vi.advanceTimersByTime(0);
    workers[1]!.ready();
    expect(master.phase).toBe('draining');
  });

  it('is cut short by a second signal', async () => {
    const { master, workers, logged } = startDraining();
    master.stop('SIGTERM');
    expect(logged('SIGTERM received again')).toHaveLength(1);
    expect(workers[0]!.killed).toEqual(['SIGKILL']);
    workers[0]!.end(null, 'SIGKILL');
    expect(await master.ended).toBe(0);
  });

  it('does not happen before the server serves', () => {
    const { master, workers } = start({}, { drain: () => new Promise(() => {}) });
    master.stop('SIGTERM');
    expect(workers[0]!.sent.at(-1)).toEqual({ type: 'stop' });
  });
});

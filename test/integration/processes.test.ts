/** The process tree with real processes and real signals: who ends, who is replaced, and that nobody is left over. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { CLI, statOf } from '../support/server.js';
import { asSubreaper } from '../support/subreaper.js';

vi.setConfig({ testTimeout: 30_000 });

/** Signals further apart than this are two wishes (src/master/signals.ts), milliseconds. */
const LONGER_THAN_ONE_WISH = 300;

let instance: Instance;
beforeEach(async () => {
  instance = await Instance.make();
});
afterEach(cleanUp);

describe('a stop', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('by %s lets a request finish', async (signal) => {
    const server = await instance.start();
    const [late, halves] = [instance.get('/later', '300'), instance.get('/halves', '300')];
    // Both have reached the application once a third one, sent after them over the same queue, is answered.
    await instance.get('/');
    server.kill(signal);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect((await late).body.toString()).toBe('late');
    expect((await halves).body.toString()).toBe('first second');
    expect(server.lines.all).toContain('goodbye to uwsgi-node.');
  });

  it('by CTRL-C ends master and workers, which all get the signal', async () => {
    const server = await instance.start('--processes', '3');
    server.killGroup('SIGINT');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.group).toEqual([]);
    expect(server.lines.matching(/DAMN/)).toEqual([]);
    expect(server.lines.matching(/^worker \d buried after \d+ seconds$/)).toHaveLength(3);
  });

  it('by a second signal does not wait for a stuck worker', async () => {
    const server = await instance.start();
    const stuck = instance.get('/stuck');
    await isBusy(server.workers[0]!);
    server.kill('SIGTERM');
    await server.lines.waitFor(/^SIGTERM received\.\.\.gracefully killing workers/);
    // Two within a moment count as one. The first one was heard before its line came, and there is no third one: that
    // would be the end of a master that ends.
    await wait(LONGER_THAN_ONE_WISH);
    server.kill('SIGTERM');
    await server.lines.waitFor(/^SIGTERM received again\.\.\.brutally killing workers/);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect((await stuck).status).toBe(0);
  });

  it('shows no mercy after worker-reload-mercy seconds', async () => {
    const server = await instance.start('--worker-reload-mercy', '1');
    const stuck = instance.get('/stuck');
    await isBusy(server.workers[0]!);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(server.lines.matching(/is taking too much time to die\.\.\.NO MERCY !!!$/)).toHaveLength(1);
    expect((await stuck).status).toBe(0);
  });

  it('does not happen for SIGPIPE, nor for SIGUSR2, which prints what every thread does', async () => {
    const server = await instance.start();
    for (const signal of ['SIGPIPE', 'SIGUSR2'] as const) server.kill(signal);
    await server.lines.waitFor(/^worker 1 \(pid: \d+\) core 0: idle$/);
    const stuck = instance.get('/stuck');
    await isBusy(server.workers[0]!);
    server.kill('SIGUSR2');
    await server.lines.waitFor(
      /^worker 1 \(pid: \d+\) core 0: 1 unfinished, the last one .* - GET .* for \d+ msecs$/,
    );
    await server.destroy();
    expect((await stuck).status).toBe(0);
  });

  it('happens to the workers when the master is killed, after their requests', async () => {
    const server = await instance.start('--processes', '2');
    const late = instance.get('/later', '300');
    await instance.get('/');
    server.kill('SIGKILL');
    // The workers hold the other end of the log: `exited` waits for them, too.
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect((await late).body.toString()).toBe('late');
    expect(server.group).toEqual([]);
  });

  it('happens to a stuck worker, too, when the master is killed', async () => {
    const server = await instance.start('--worker-reload-mercy', '1');
    const stuck = instance.get('/stuck');
    await isBusy(server.workers[0]!);
    server.kill('SIGKILL');
    await server.exited;
    expect((await stuck).status).toBe(0);
    expect(server.group).toEqual([]);
  });
});

describe('a dead worker', () => {
  it('is replaced after a crash of its application', async () => {
    const server = await instance.start();
    expect((await instance.get('/crash')).status).toBe(0);
    await server.lines.waitFor(
      /^DAMN ! worker 1 \(pid: \d+\) died, killed by signal 11 :\( trying respawn \.\.\.$/,
    );
    await server.lines.waitFor(/^Respawned uWSGI worker 1/);
    expect((await instance.get('/')).status).toBe(200);
  });

  it('is waited for when it dies in a loop, and the master stays calm', async () => {
    const server = await instance.start();
    for (let deaths = 0; deaths < 3; deaths += 1) {
      await instance.get('/crash');
    }
    await server.lines.waitFor(
      /^worker 1 respawning too fast !!! i have to sleep a bit \(0\.5 seconds\)\.\.\.$/,
    );
    expect((await instance.get('/')).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('is replaced after an abort, and leaves neither an orphan nor a zombie', async () => {
    const server = await instance.start('--processes', '2');
    expect((await instance.get('/abort')).status).toBe(0);
    await server.lines.waitFor(/^DAMN ! worker \d \(pid: \d+\) died, killed by signal 6 :\(/);
    await server.lines.waitFor(/^Respawned uWSGI worker/);
    await expect.poll(() => server.workers.map((pid) => statOf(pid)[0] !== 'Z')).toEqual([true, true]);
    expect((await instance.get('/')).status).toBe(200);
  });
});

describe('as process 1 of a container', () => {
  it('collects what has lost its parent, and still sees its own workers end', async () => {
    const command = asSubreaper(process.execPath, CLI);
    const server = await instance.startWith({ command }, '--disable-logging');
    const orphan = Number(await instance.textOf('/orphan'));
    expect(server.workers).toContain(orphan);
    process.kill(server.workers[0]!, 'SIGKILL');
    await server.lines.waitFor(/^DAMN ! worker 1 .* killed by signal 9/);
    await expect.poll(() => statOf(orphan), { timeout: 10_000 }).toEqual([]);
    expect((await instance.get('/')).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('requests are counted', () => {
  const numbers = (lines: string[]) =>
    lines.map((line) => Number(/\|req: \d+\/(\d+)\]/.exec(line)?.[1])).sort((a, b) => a - b);

  it('across all workers, also those that were killed', async () => {
    const server = await instance.start('--processes', '2', '--threads', '2');
    const ask = (count: number) => Promise.all(Array.from({ length: count }, () => instance.get('/')));
    await ask(40);
    process.kill(server.workers[0]!, 'SIGKILL');
    await server.lines.waitFor(/^Respawned uWSGI worker 1/);
    await ask(40);
    const from = server.lines.position;
    server.kill('SIGUSR1');
    await server.lines.waitFor(/^worker 2 \(pid: \d+\): ready, up \d+ seconds, \d+ requests, 0 unfinished/, {
      from,
    });
    await expect.poll(() => server.lines.matching(/\|req: /).length).toBe(80);
    expect(numbers(server.lines.matching(/\|req: /))).toEqual(Array.from({ length: 80 }, (_, n) => n + 1));
  });

  it('also without a log of them, and over HTTP', async () => {
    const server = await instance.start('--disable-logging', '--http-socket', '127.0.0.1:0');
    await instance.get('/');
    expect((await fetch(`http://${server.addresses[1]}/`)).status).toBe(200);
    server.kill('SIGUSR1');
    await server.lines.waitFor(/^worker 1 .*: ready, up \d+ seconds, 2 requests, 0 unfinished/);
  });
});

describe('what the application prints', () => {
  it('comes out of the server', async () => {
    const server = await instance.start();
    await instance.get('/print');
    await server.lines.waitFor(/^\[worker 1\] printed on stdout$/);
    await server.lines.waitFor(/^\[worker 1\] printed on stderr$/);
  });

  it('is lost when nobody reads it any more, and the worker lives on', async () => {
    const server = await instance.start();
    const workers = server.workers;
    server.child.stdout!.destroy();
    server.child.stderr!.destroy();
    const pid = (await instance.textOf('/')).split(' ')[0];
    for (let requests = 0; requests < 5; requests += 1) await instance.get('/print');
    expect((await instance.textOf('/')).split(' ')[0]).toBe(pid);
    expect(server.workers).toEqual(workers);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a dead thread', () => {
  it('is replaced inside its worker after an uncaught exception', async () => {
    const server = await instance.start();
    const [pid, thread] = (await instance.textOf('/')).split(' ');
    await instance.get('/throw');
    await server.lines.waitFor(
      new RegExp(`^DAMN ! core 0 of worker 1 \\(pid: ${pid}\\) died, uncaught exception :\\( trying respawn`),
    );
    await server.lines.waitFor(/^Error: thrown outside of any request$/);
    await server.lines.waitFor(/^Respawned core 0 of worker 1$/);
    const [samePid, otherThread] = (await instance.textOf('/')).split(' ');
    expect(samePid).toBe(pid);
    expect(otherThread).not.toBe(thread);
  });

  it('is replaced when the application calls process.exit', async () => {
    const server = await instance.start();
    await instance.get('/exit');
    await server.lines.waitFor(/^DAMN ! core 0 .* died, process\.exit\(3\) was called :\(/);
    expect((await instance.get('/')).status).toBe(200);
  });

  it('is replaced when its heap is full, and its worker lives on', async () => {
    const env = { NODE_OPTIONS: '--max-old-space-size=32' };
    const server = await instance.startWith({ env }, '--threads', '2');
    const workers = server.workers;
    await instance.get('/heap');
    await server.lines.waitFor(/^DAMN ! core \d of worker 1 .* died, its heap is full :\(/);
    await server.lines.waitFor(/^Respawned core \d of worker 1$/);
    expect(server.workers).toEqual(workers);
  });
});

/** Resolves when a process burns CPU: its stuck request has begun. */
async function isBusy(pid: number): Promise<void> {
  const ticks = () => Number(statOf(pid)[11]);
  const before = ticks();
  await expect.poll(ticks, { timeout: 10_000 }).toBeGreaterThan(before + 10);
}

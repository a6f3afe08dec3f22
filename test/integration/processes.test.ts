/** The process tree with real processes and real signals: who is started, who replaces whom, and that all of them end. */
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cleanUp, makeDirectory } from '../support/clean-up.js';
import { findUser, notRoot, skipped } from '../support/requirements.js';
import { READY, startServer, statOf } from '../support/server.js';
import { type Response, request, requestVars } from '../support/uwsgi-client.js';

const app = fileURLToPath(new URL('../apps/behaviours.js', import.meta.url));
const brokenApp = fileURLToPath(new URL('../apps/broken.js', import.meta.url));

vi.setConfig({ testTimeout: 30_000 });

let folder: string;
beforeEach(async () => {
  folder = await makeDirectory();
});
afterEach(cleanUp);

const socketPath = () => join(folder, 'app.sock');
const start = (...args: string[]) => startApp(app, ...args);
const startApp = (file: string, ...args: string[]) =>
  startServer({ args: ['--master', '--vacuum', '--socket', socketPath(), '--wsgi-file', file, ...args] });

function get(path: string, query = ''): Promise<Response> {
  return request(socketPath(), { vars: requestVars({ PATH_INFO: path, QUERY_STRING: query }) });
}

async function textOf(path: string, query = ''): Promise<string> {
  return (await get(path, query)).body.toString();
}

const commandLine = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').replace(/\0+$/, '');

describe('a start', () => {
  it('makes one master and as many workers as asked, all under the command line as title', async () => {
    const server = await start('--processes', '5');
    expect(server.workers).toHaveLength(5);
    const title = `uwsgi-node --master --vacuum --socket ${socketPath()} --wsgi-file ${app} --processes 5`;
    for (const pid of [server.pid, ...server.workers]) expect(commandLine(pid)).toBe(title);
  });

  it('fits a title of any length', async () => {
    const long = `long=${'x'.repeat(5_000)}`;
    const server = await start('--set-placeholder', long);
    for (const pid of [server.pid, ...server.workers]) {
      expect(commandLine(pid)).toMatch(/^uwsgi-node --master .*x{5000}$/);
    }
  });

  it('prints the lines of uWSGI in their order', async () => {
    const server = await start('--processes', '2', '--threads', '2');
    const expected = [
      /^\*\*\* Starting uwsgi-node \d+\.\d+\.\d+ \(64bit\) on \[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\] \*\*\*$/,
      /^current working directory: \//,
      /^Node\.js version: v\d+/,
      /^uwsgi socket 0 bound to UNIX address \/.*\/app\.sock fd \d+$/,
      /^your server socket listen backlog is limited to \d+ connections$/,
      /^\*\*\* Operational MODE: preforking\+threaded \*\*\*$/,
      /^spawned uWSGI master process \(pid: \d+\)$/,
      /^spawned uWSGI worker 1 \(pid: \d+, cores: 2\)$/,
      /^spawned uWSGI worker 2 \(pid: \d+, cores: 2\)$/,
      /^WSGI app 0 \(mountpoint=''\) ready in \d+ seconds on interpreter \S+ pid: \d+ \(default app\)$/,
      READY,
    ];
    const places = expected.map((pattern) => server.lines.all.findIndex((line) => pattern.test(line)));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('sets the bits of chmod-socket and removes the socket at the end', async () => {
    const server = await start('--chmod-socket=664');
    expect(lstatSync(socketPath()).mode & 0o777).toBe(0o664);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(lstatSync(socketPath(), { throwIfNoEntry: false })).toBeUndefined();
    expect(server.lines.all).toContain(`VACUUM: unix socket ${socketPath()} removed.`);
  });

  it('leaves the socket of a server that took its place', async () => {
    const first = await start();
    const second = await start();
    expect(second.lines.matching(/another process listened on/)).toHaveLength(1);
    await first.stop();
    expect(first.lines.matching(/VACUUM WARNING: .* changed inode/)).toHaveLength(1);
    expect((await get('/')).status).toBe(200);
  });

  it('takes the place of a socket that a killed server left', async () => {
    const first = await start();
    await first.destroy();
    expect(lstatSync(socketPath()).isSocket()).toBe(true);
    const second = await start();
    expect(second.lines.matching(/WARNING: another process/)).toEqual([]);
    expect((await get('/')).status).toBe(200);
  });

  it('resolves a relative socket after chdir, where the application works, too', async () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    const args = ['--master', '--socket', 'inner.sock', '--wsgi-file', app, '--chdir', inner];
    const server = await startServer({ args, cwd: folder });
    expect(server.address).toBe(join(inner, 'inner.sock'));
    const vars = requestVars({ PATH_INFO: '/working-directory' });
    expect((await request(server.address, { vars })).body.toString()).toBe(inner);
  });

  it('writes its log, and that of the workers, to the file of logto', async () => {
    const log = join(folder, 'server.log');
    const server = await startServer({
      args: ['--master', '--socket', socketPath(), '--wsgi-file', app, '--logto', log],
      until: null,
    });
    await expect.poll(() => readFileSync(log, 'utf8'), { timeout: 10_000 }).toMatch(/uwsgi-node is ready/);
    expect((await get('/')).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(readFileSync(log, 'utf8')).toMatch(
      /^\*\*\* Starting uwsgi-node .*\n(?:.*\n)*goodbye to uwsgi-node\.\n$/m,
    );
    expect(statSync(log).mode & 0o777).toBe(0o640);
    expect(server.lines.text).toBe('');
  });

  it('hands the environment on as env and unenv say', async () => {
    await start('--env', 'COLOUR=blue');
    expect(await textOf('/environment', 'COLOUR')).toBe('blue');
  });
});

describe.skipIf(skipped('privileges', notRoot()))('privileges', () => {
  it('are given up before the application runs, and the socket goes to the new owner', async () => {
    const { uid } = findUser('www-data')!;
    const gid = findUser('nobody')!.gid;
    const server = await start('--uid', 'www-data', '--gid', String(gid));
    expect(await textOf('/identity')).toBe(`${uid} ${gid} ${gid}`);
    expect(server.lines.matching(/^set[ug]id\(\) to/)).toEqual([`setgid() to ${gid}`, `setuid() to ${uid}`]);
    expect(readFileSync(`/proc/${server.pid}/status`, 'ascii')).toMatch(
      new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, 'm'),
    );
    expect(lstatSync(socketPath())).toMatchObject({ uid, gid });
  });

  it('are warned of when they are kept', async () => {
    const server = await start();
    expect(server.lines.matching(/WARNING: you are running uwsgi-node as root/)).toHaveLength(1);
  });

  it('give the socket to whom chown-socket names', async () => {
    await start('--chown-socket', 'nobody:www-data');
    expect(lstatSync(socketPath())).toMatchObject({
      uid: findUser('nobody')!.uid,
      gid: findUser('www-data')!.gid,
    });
  });
});

describe('a start that fails', () => {
  it('ends with code 22 when the application cannot be loaded, with its stack in the log', async () => {
    const server = await startApp(brokenApp, '--processes', '2').catch((error: Error) => error);
    expect(server).toBeInstanceOf(Error);
    expect(String(server)).toContain('broken on purpose');
    expect(String(server)).toMatch(/at .*broken\.js:2/);
    expect(String(server)).toContain('no app loaded. GAME OVER');
  });

  it('leaves neither a process nor a socket behind', async () => {
    const args = [
      '--master',
      '--vacuum',
      '--socket',
      socketPath(),
      '--wsgi-file',
      brokenApp,
      '--processes',
      '3',
    ];
    const server = await startServer({ args, until: null });
    expect(await server.exited).toEqual({ code: 22, signal: null });
    expect(server.group).toEqual([]);
    expect(lstatSync(socketPath(), { throwIfNoEntry: false })).toBeUndefined();
    expect(server.lines.matching(/^Error: broken on purpose/)).toHaveLength(1);
  });

  it.each([
    ['an unknown option', ['--sokcet', 'x.sock'], /sokcet/],
    ['a value that is no number', ['--processes', 'four'], /"four" is not a whole number/],
    ['a directory that is not there', ['--chdir', '/nonexistent'], /chdir = \/nonexistent: cannot work/],
    ['a log file that cannot be written', ['--logto', '/nonexistent/x.log'], /logto = \/nonexistent\/x\.log/],
    [
      'a socket that cannot be bound',
      ['--socket', '/nonexistent/x.sock'],
      /cannot listen on \/nonexistent\/x\.sock/,
    ],
  ])('ends with code 1 and the reason on stderr: %s', async (_, args, reason) => {
    const complete = /unknown|no application/.test(_)
      ? args
      : ['-s', socketPath(), '--wsgi-file', app, ...args];
    const server = await startServer({ args: complete, until: null, cwd: folder });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.lines.text).toMatch(reason);
  });

  it('does not remove a file that is in the way of a socket', async () => {
    writeFileSync(socketPath(), 'precious');
    await expect(start()).rejects.toThrow('a file that is not a socket is in the way');
    expect(readFileSync(socketPath(), 'utf8')).toBe('precious');
  });
});

describe('a stop', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('by %s lets a request finish', async (signal) => {
    const server = await start();
    const [late, halves] = [get('/later', '300'), get('/halves', '300')];
    // Both have reached the application once a third one, sent after them over the same queue, is answered.
    await get('/');
    server.kill(signal);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect((await late).body.toString()).toBe('late');
    expect((await halves).body.toString()).toBe('first second');
    expect(server.lines.all).toContain('goodbye to uwsgi-node.');
  });

  it('by CTRL-C ends master and workers, which all get the signal', async () => {
    const server = await start('--processes', '3');
    server.killGroup('SIGINT');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.group).toEqual([]);
    expect(server.lines.matching(/DAMN/)).toEqual([]);
    expect(server.lines.matching(/^worker \d buried after \d+ seconds$/)).toHaveLength(3);
  });

  it('by a second signal does not wait for a stuck worker', async () => {
    const server = await start();
    const stuck = get('/stuck');
    await isBusy(server.workers[0]!);
    // Two signals within a moment count as one: the second one is repeated until it is heard.
    const heard = () => {
      server.kill('SIGTERM');
      return server.lines.matching(/^SIGTERM received again\.\.\.brutally killing workers/).length;
    };
    await expect.poll(heard, { interval: 250, timeout: 10_000 }).toBe(1);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect((await stuck).status).toBe(0);
  });

  it('shows no mercy after worker-reload-mercy seconds', async () => {
    const server = await start('--worker-reload-mercy', '1');
    const stuck = get('/stuck');
    await isBusy(server.workers[0]!);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(server.lines.matching(/is taking too much time to die\.\.\.NO MERCY !!!$/)).toHaveLength(1);
    expect((await stuck).status).toBe(0);
  });

  it('does not happen for signals whose meaning is not there yet', async () => {
    const server = await start();
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const) server.kill(signal);
    await server.lines.waitFor(/^SIGUSR2 received: .* is not there yet/);
    expect(server.lines.matching(/^SIGHUP received: reload is not there yet/)).toHaveLength(1);
    expect((await get('/')).status).toBe(200);
  });

  it('happens to the workers when the master is killed, after their requests', async () => {
    const server = await start('--processes', '2');
    const late = get('/later', '300');
    await get('/');
    server.kill('SIGKILL');
    // The workers hold the other end of the log: `exited` waits for them, too.
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect((await late).body.toString()).toBe('late');
    expect(server.group).toEqual([]);
  });

  it('happens to a stuck worker, too, when the master is killed', async () => {
    const server = await start('--worker-reload-mercy', '1');
    const stuck = get('/stuck');
    await isBusy(server.workers[0]!);
    server.kill('SIGKILL');
    await server.exited;
    expect((await stuck).status).toBe(0);
    expect(server.group).toEqual([]);
  });
});

describe('a dead worker', () => {
  it('is replaced within a second while the others serve', async () => {
    const server = await start('--processes', '2');
    const [victim] = server.workers;
    const load = new Load();
    await load.answers(20);
    const killed = performance.now();
    process.kill(victim!, 'SIGKILL');
    await server.lines.waitFor(/^Respawned uWSGI worker 1 \(new pid: \d+\)$/);
    await server.lines.waitFor(/^WSGI app 0 .* ready/, {
      from: server.lines.all.findIndex((l) => l.startsWith('Respawned')),
    });
    expect(performance.now() - killed).toBeLessThan(1_000);
    await load.answers(20);
    const { failures } = await load.stop();
    expect(server.lines.all).toContain(
      `DAMN ! worker 1 (pid: ${victim}) died, killed by signal 9 :( trying respawn ...`,
    );
    // Only what the victim had accepted can be lost.
    expect(failures).toBeLessThanOrEqual(Load.connections);
    expect(server.workers).toHaveLength(2);
    expect(server.workers).not.toContain(victim);
  });

  it('is replaced after a crash of its application', async () => {
    const server = await start();
    expect((await get('/crash')).status).toBe(0);
    await server.lines.waitFor(
      /^DAMN ! worker 1 \(pid: \d+\) died, killed by signal 11 :\( trying respawn \.\.\.$/,
    );
    await server.lines.waitFor(/^Respawned uWSGI worker 1/);
    expect((await get('/')).status).toBe(200);
  });

  it('is waited for when it dies in a loop, and the master stays calm', async () => {
    const server = await start();
    for (let deaths = 0; deaths < 3; deaths += 1) {
      await get('/crash');
    }
    await server.lines.waitFor(
      /^worker 1 respawning too fast !!! i have to sleep a bit \(0\.5 seconds\)\.\.\.$/,
    );
    expect((await get('/')).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a dead thread', () => {
  it('is replaced inside its worker after an uncaught exception', async () => {
    const server = await start();
    const [pid, thread] = (await textOf('/')).split(' ');
    await get('/throw');
    await server.lines.waitFor(
      new RegExp(`^DAMN ! core 0 of worker 1 \\(pid: ${pid}\\) died, uncaught exception :\\( trying respawn`),
    );
    await server.lines.waitFor(/^Error: thrown outside of any request$/);
    await server.lines.waitFor(/^Respawned core 0 of worker 1$/);
    const [samePid, otherThread] = (await textOf('/')).split(' ');
    expect(samePid).toBe(pid);
    expect(otherThread).not.toBe(thread);
  });

  it('is replaced when the application calls process.exit', async () => {
    const server = await start();
    await get('/exit');
    await server.lines.waitFor(/^DAMN ! core 0 .* died, process\.exit\(3\) was called :\(/);
    expect((await get('/')).status).toBe(200);
  });

  it('is replaced when its heap is full, and its worker lives on', async () => {
    const server = await startServer({
      args: ['--master', '--socket', socketPath(), '--wsgi-file', app, '--threads', '2'],
      env: { NODE_OPTIONS: '--max-old-space-size=32' },
    });
    const workers = server.workers;
    await get('/heap');
    await server.lines.waitFor(/^DAMN ! core \d of worker 1 .* died, its heap is full :\(/);
    await server.lines.waitFor(/^Respawned core \d of worker 1$/);
    expect(server.workers).toEqual(workers);
  });
});

describe('help and version', () => {
  it.each([
    ['--version', /^\d+\.\d+\.\d+\n$/],
    ['--help', /--socket/],
  ])('%s goes to stdout with code 0', (flag, text) => {
    const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, flag], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toMatch(text);
    expect(stderr).toBe('');
  });
});

/** Resolves when a process burns CPU: its stuck request has begun. */
async function isBusy(pid: number): Promise<void> {
  const ticks = () => Number(statOf(pid)[11]);
  const before = ticks();
  await expect.poll(ticks, { timeout: 10_000 }).toBeGreaterThan(before + 10);
}

/** A few connections that send one request after the other, and count. */
class Load {
  static readonly connections = 4;
  #answered = 0;
  #failures = 0;
  #running = true;
  #waiting: { count: number; resolve: () => void } | null = null;
  readonly #done: Promise<unknown>;

  constructor() {
    this.#done = Promise.all(Array.from({ length: Load.connections }, () => this.#repeat()));
  }

  /** Resolves after `count` more answers. */
  answers(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { count: this.#answered + count, resolve };
    });
  }

  async stop(): Promise<{ failures: number }> {
    this.#running = false;
    await this.#done;
    return { failures: this.#failures };
  }

  async #repeat(): Promise<void> {
    while (this.#running) {
      const { status } = await get('/');
      if (status === 200) this.#answered += 1;
      else this.#failures += 1;
      if (this.#waiting !== null && this.#answered >= this.#waiting.count) this.#waiting.resolve();
    }
  }
}

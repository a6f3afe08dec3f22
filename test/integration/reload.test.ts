/** Reloads with real processes and real signals: nothing is lost, and a bad configuration or application changes nothing. */
import { copyFile, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildBinary } from '../../bench/binaries.js';
import { runLoad } from '../../bench/load.js';
import { cleanUp } from '../support/clean-up.js';
import { behaviours, broken, Instance } from '../support/instance.js';
import { CLI, READY, type RunningServer, startServer, statOf } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 60_000 });

let instance: Instance;
let ini: string;
let app: string;

beforeAll(async () => {
  await buildBinary('uwsgi_load');
}, 120_000);
beforeEach(async () => {
  instance = await Instance.make();
  ini = join(instance.folder, 'app.ini');
  app = join(instance.folder, 'app.mjs');
  await copyFile(behaviours, app);
});
afterEach(cleanUp);

/** Writes the configuration: the instance's socket and application, and more lines. */
const configure = (...lines: string[]) =>
  writeFile(
    ini,
    ['[uwsgi]', 'master = true', `socket = ${instance.socketPath}`, `wsgi-file = ${app}`, ...lines, ''].join(
      '\n',
    ),
  );

async function start(...lines: string[]): Promise<RunningServer> {
  await configure(...lines);
  return startServer({ args: ['--ini', ini, '--vacuum', '--disable-logging'] });
}

/** Reloads and waits until the new workers serve. */
async function reload(server: RunningServer): Promise<void> {
  const from = server.lines.position;
  server.kill('SIGHUP');
  await server.lines.waitFor(READY, { from });
}

const pidOf = async () => (await instance.textOf('/')).split(' ')[0];

describe('SIGHUP', () => {
  it('begins in the folder of force-cwd, with the application that is there then', async () => {
    const [first, release] = ['first', 'release'].map((name) => join(instance.folder, name));
    for (const folder of [first, release]) {
      await mkdir(folder!);
      const answer = `'200 OK', []), ${JSON.stringify(folder)} + process.cwd()`;
      await writeFile(
        join(folder!, 'wsgi.mjs'),
        `export const application = (_, start) => (start(${answer});\n`,
      );
    }
    const args = ['--ini', ini, '--disable-logging', '--wsgi-file', 'wsgi.mjs', '--no-default-app'];
    await writeFile(ini, `[uwsgi]\nmaster = true\nsocket = ${instance.socketPath}\nforce-cwd = ${release}\n`);
    const server = await startServer({ args: [...args, '--thread-stacksize', '8192'], cwd: first! });
    expect(await instance.textOf('/')).toBe(`${first}${first}`);
    await rm(first!, { recursive: true });
    await reload(server);
    await server.lines.waitFor(/^worker 1 killed successfully/);
    expect(await instance.textOf('/')).toBe(`${release}${release}`);
    const elsewhere = await request(instance.socketPath, { vars: requestVars({ SCRIPT_NAME: '/nowhere' }) });
    expect([elsewhere.status, elsewhere.body.toString()]).toEqual([500, 'Internal Server Error\n']);
  });

  it('replaces the workers, says so in the words of uWSGI, and lets requests finish', async () => {
    const server = await start();
    const [worker] = server.workers;
    const late = instance.get('/halves', '500');
    await instance.get('/');
    const from = server.lines.position;
    await reload(server);
    expect((await late).body.toString()).toBe('first second');
    await server.lines.waitFor(new RegExp(`^worker 1 killed successfully \\(pid: ${worker}\\)$`));
    expect(Number(await pidOf())).not.toBe(worker);
    expect(server.workers).toHaveLength(1);
    expect(server.lines.all.slice(from).map((line) => line.replaceAll(/\d+/g, 'N'))).toEqual([
      'SIGHUP received...gracefully reloading...',
      `[uWSGI] getting INI configuration from ${ini.replaceAll(/\d+/g, 'N')}`,
      'gracefully (RE)spawned uWSGI master process (pid: N)',
      expect.stringMatching(/^uwsgi socket N inherited UNIX address .* fd N$/),
      '*** Operational MODE: single process ***',
      'spawned uWSGI worker N (pid: N, cores: N)',
      expect.stringMatching(/^WSGI app N .* ready in N seconds/),
      expect.stringMatching(READY),
      '...gracefully killing workers...',
      'Gracefully killing worker N (pid: N)...',
      'worker N killed successfully (pid: N)',
    ]);
  });

  it('takes up a new application, new processes, another environment', async () => {
    const server = await start('env = COLOUR=blue');
    expect(await instance.textOf('/environment', 'COLOUR')).toBe('blue');
    await writeFile(
      app,
      `export const application = (environ, start) => {
      start('200 OK', []);
      return 'new ' + process.env.COLOUR;
    };`,
    );
    await configure('env = COLOUR=red', 'processes = 3');
    await reload(server);
    await server.lines.waitFor(/^worker 1 killed successfully/);
    expect(await instance.textOf('/')).toBe('new red');
    expect(server.workers).toHaveLength(3);
    await configure('processes = 1');
    await reload(server);
    await expect.poll(() => server.workers.length).toBe(1);
    expect(await instance.textOf('/')).toBe('new undefined');
  });

  it('opens sockets that appear and closes those that vanish', async () => {
    const server = await start();
    const other = join(instance.folder, 'other.sock');
    const ask = (address: string) => request(address, { vars: requestVars() });
    await configure(`socket = ${other}`);
    await reload(server);
    expect((await ask(other)).status).toBe(200);
    expect((await ask(instance.socketPath)).status).toBe(200);
    await configure();
    await reload(server);
    await expect(ask(other)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await ask(instance.socketPath)).status).toBe(200);
  });

  it('during a reload causes exactly one more', async () => {
    const server = await start();
    const from = server.lines.position;
    server.kill('SIGHUP');
    await server.lines.waitFor(/^spawned uWSGI worker 1/, { from });
    server.kill('SIGHUP');
    await server.lines.waitFor(/^a reload is under way: one more will follow it$/);
    server.kill('SIGHUP');
    await server.lines.waitFor(READY, { from });
    const second = server.lines.position;
    await server.lines.waitFor(READY, { from: second });
    await expect.poll(() => server.workers.length).toBe(1);
    expect(server.lines.matching(READY)).toHaveLength(3);
    expect(await pidOf()).toBe(String(server.workers[0]));
  });

  it('leaves everything as it is when the configuration is wrong', async () => {
    const server = await start();
    const pid = await pidOf();
    await configure('processes = many', `socket = ${join(instance.folder, 'other.sock')}`);
    server.kill('SIGHUP');
    await server.lines.waitFor(/^\*\*\* reload refused: the workers go on as they are \*\*\*$/);
    await server.lines.waitFor(/^uwsgi-node: .*app\.ini:5: processes = many: /);
    expect(await pidOf()).toBe(pid);
    await configure();
    await reload(server);
    // The old worker may have accepted this one while it was told to go.
    await expect.poll(pidOf).not.toBe(pid);
  });

  it('leaves the old workers serving when the application cannot be loaded', async () => {
    const server = await start('processes = 2');
    const workers = server.workers;
    const good = await instance.textOf('/');
    await copyFile(broken, app);
    await configure('processes = 3', `socket = ${join(instance.folder, 'other.sock')}`);
    server.kill('SIGHUP');
    await server.lines.waitFor(
      /^\*\*\* reload given up: the new workers cannot serve, the old ones go on \*\*\*$/,
    );
    await expect.poll(() => server.workers).toEqual(workers);
    expect(good).toMatch(/^\d+ \d+$/);
    expect((await instance.get('/')).status).toBe(200);
    await copyFile(behaviours, app);
    await reload(server);
    await expect.poll(() => server.workers.length).toBe(3);
  });

  it('is no way out of a stop', async () => {
    const server = await start();
    server.kill('SIGHUP');
    await server.lines.waitFor(/^SIGHUP received/);
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.group).toEqual([]);
  });
});

describe('other doors', () => {
  it('touch-reload reloads when the file is touched, made or removed', async () => {
    const touched = join(instance.folder, 'touch-me');
    const server = await start(`touch-reload = ${touched}`);
    const line = `*** ${touched} has been touched... grace them all !!! ***`;
    const actions = [
      () => writeFile(touched, ''),
      () => utimes(touched, new Date(), new Date(Date.now() + 5_000)),
      () => rm(touched),
    ];
    for (const [index, act] of actions.entries()) {
      const from = server.lines.position;
      await act();
      await server.lines.waitFor(READY, { from });
      expect(server.lines.all.filter((each) => each === line)).toHaveLength(index + 1);
    }
  });

  it('touch-chain-reload replaces one worker after the other, touch-workers-reload all at once', async () => {
    const [chained, together] = [join(instance.folder, 'chain'), join(instance.folder, 'workers')];
    const server = await start(
      'processes = 2',
      `touch-chain-reload = ${chained}`,
      `touch-workers-reload = ${together}`,
    );
    const before = server.workers;
    await writeFile(chained, '');
    await server.lines.waitFor(/^chain reloading complete$/);
    expect(server.lines.matching(/^chain next victim is worker [12]$/)).toHaveLength(2);
    const from = server.lines.position;
    await writeFile(together, '');
    await server.lines.waitFor(READY, { from });
    expect(server.workers.some((pid) => before.includes(pid))).toBe(false);
  });

  it('--reload and --stop reach the instance behind a pid file', async () => {
    const pidfile = join(instance.folder, 'master.pid');
    const server = await start(`safe-pidfile = ${pidfile}`);
    const pid = await pidOf();
    const from = server.lines.position;
    const say = (...args: string[]) => startServer({ command: [process.execPath, CLI], args, until: null });
    expect(await (await say('--reload', pidfile)).exited).toEqual({ code: 0, signal: null });
    await server.lines.waitFor(READY, { from });
    // Until it is gone, the old worker may still accept.
    await server.lines.waitFor(/^worker 1 killed successfully/, { from });
    expect(await pidOf()).not.toBe(pid);
    expect(await (await say('--stop', pidfile)).exited).toEqual({ code: 0, signal: null });
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.lines.all).toContain('VACUUM: pidfile removed.');
    const late = await say('--stop', pidfile);
    expect((await late.exited).code).toBe(1);
    expect(late.lines.text).toContain(`--stop ${pidfile}: ENOENT`);
  });
});

describe('master-fifo', () => {
  it('takes the letters of uWSGI', async () => {
    const [first, second] = [join(instance.folder, 'fifo0'), join(instance.folder, 'fifo1')];
    const server = await start('processes = 2', `master-fifo = ${first}`, `master-fifo = ${second}`);
    /** Writes letters and waits for a line that they cause. */
    const say = async (letters: string, line: RegExp, fifo = first) => {
      const from = server.lines.position;
      await writeFile(fifo, letters);
      await server.lines.waitFor(line, { from });
    };
    const workers = server.workers;
    await say('x\ns', /^worker 2 \(pid: \d+\): ready, up \d+ seconds, .*respawned 0 times$/);
    await say('r', READY);
    await say('c', /^chain reloading complete$/);
    await say('w', READY);
    await say('W', /^worker 2 killed successfully .* killed by signal 9$/);
    // A brutal one lets no request finish.
    const stuck = instance.get('/stuck').catch(() => null);
    await say('R', READY);
    expect(await stuck).toSatisfy((response) => response === null || response.body.length === 0);
    await say('+', /^spawned uWSGI worker 3 /);
    await say('-', /^Gracefully killing worker 3 /);
    await say('p', /^\*\*\* PAUSE/);
    await say('p', /^\*\*\* RESUME/);
    expect((await instance.get('/')).status).toBe(200);
    expect(server.workers.some((pid) => workers.includes(pid))).toBe(false);
    await say('L', /^\*\*\* there is no log file to rotate \*\*\*$/);
    await writeFile(first, '1');
    await say('q', /^goodbye to uwsgi-node\.$/, second);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  it('refuses to start when something else is in the way', async () => {
    await configure(`master-fifo = ${app}`);
    const server = await startServer({ args: ['--ini', ini], until: null });
    expect((await server.exited).code).toBe(1);
    expect(server.lines.text).toContain(`master-fifo = ${app}: a file that is not a fifo is in the way`);
  });
});

describe('signals', () => {
  it('SIGTSTP pauses and resumes: connections wait and are answered', async () => {
    const server = await start();
    server.kill('SIGTSTP');
    await server.lines.waitFor(/^\*\*\* PAUSE/);
    await expect.poll(() => statOf(server.workers[0]!)[0]).toBe('T');
    const waiting = instance.get('/');
    server.kill('SIGTSTP');
    expect((await waiting).status).toBe(200);
    await server.lines.waitFor(/^\*\*\* RESUME/);
  });

  it('SIGUSR1 prints who works', async () => {
    const server = await start();
    server.kill('SIGUSR1');
    await server.lines.waitFor(/^worker 1 \(pid: \d+\): ready/);
  });

  it('SIGHUP stops under exit-on-reload, and the usual hook is no surprise', async () => {
    const server = await start(
      'exit-on-reload = true',
      'hook-master-start = unix_signal:15 gracefully_kill_them_all',
    );
    expect(server.lines.matching(/hook-master-start/)).toEqual([]);
    server.kill('SIGHUP');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });
});

/** Sends requests, second after second, until `event` has happened; returns how many failed. */
async function lostDuring(event: Promise<void>): Promise<number> {
  let isOver = false;
  let lost = 0;
  const load = async () => {
    while (!isOver) {
      const { errors } = await runLoad({ socket: instance.socketPath, duration: 1, connections: 8 });
      lost += errors.total;
    }
  };
  const over = event.finally(() => {
    isOver = true;
  });
  await Promise.all([over, load()]);
  return lost;
}

describe('a worker is replaced', () => {
  it.each([
    ['max-requests = 50', /^\.\.\.The work of process \d+ is done\. Seeya! \(worker 1, max-requests\)$/],
    ['max-worker-lifetime = 2', /^worker 1 lifetime reached, it was running for [2-4] second\(s\)$/],
    [
      'reload-on-rss = 1',
      /^\.\.\.The work of process \d+ is done\. Seeya! \(worker 1, reload-on-rss: \d+ MB\)$/,
    ],
  ])('under %s, and no request is lost', async (limit, line) => {
    const server = await start(limit, 'min-worker-lifetime = 1');
    const [worker] = server.workers;
    const replaced = (async () => {
      await server.lines.waitFor(line);
      await server.lines.waitFor(new RegExp(`^worker 1 killed successfully \\(pid: ${worker}\\)$`));
    })();
    expect(await lostDuring(replaced)).toBe(0);
    expect(server.lines.matching(/DAMN/)).toEqual([]);
  });

  it('under evil-reload-on-rss at once', async () => {
    const server = await start('evil-reload-on-rss = 1');
    await server.lines.waitFor(/^\*\*\* EVIL RELOAD ON WORKER 1 RSS: \d+ \(pid: \d+\) \*\*\*$/);
    await server.lines.waitFor(/^DAMN ! worker 1 .* killed by signal 9/);
  });
});

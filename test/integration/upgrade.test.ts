/**
 * The package is replaced while the server runs, as `npm install` does it: two installed trees, whose processes would not
 * understand each other.
 */
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MESSAGES_VERSION } from '../../src/messages.js';
import { cleanUp } from '../support/clean-up.js';
import { behaviours, Instance } from '../support/instance.js';
import { READY, type RunningServer, startServer, statOf } from '../support/server.js';

vi.setConfig({ testTimeout: 120_000 });
/** A trial, an exec and two starts beside all that; milliseconds. */
const timeout = 30_000;

const root = fileURLToPath(new URL('../..', import.meta.url));

let instance: Instance;
beforeEach(async () => {
  instance = await Instance.make();
});
afterEach(cleanUp);

/** Where the messages' version has got to in the built files. */
const ours = new RegExp(`(\\bversion(?:: | !== ))${MESSAGES_VERSION}\\b`, 'g');

/** Installs the package below `folder`, with another version of itself and of its messages. */
function install(folder: string, { version = '0.1.0', messages = MESSAGES_VERSION } = {}): void {
  const home = join(folder, 'node_modules/uwsgi-node');
  mkdirSync(join(home, 'build/Release'), { recursive: true });
  cpSync(join(root, 'dist'), join(home, 'dist'), { recursive: true });
  cpSync(join(root, 'build/Release/uwsgi_node.node'), join(home, 'build/Release/uwsgi_node.node'));
  const description = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(home, 'package.json'), JSON.stringify({ ...description, version }));
  for (const name of Object.keys(description.dependencies)) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  for (const file of readdirSync(join(home, 'dist'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.cjs')) continue;
    const path = join(home, 'dist', file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(ours, `$1${messages}`));
  }
}

const installed = () => join(instance.folder, 'installed');
const other = () => join(instance.folder, 'other');

/** As npm does it: the new folder takes the name of the old one. */
function replace(): void {
  renameSync(installed(), join(instance.folder, 'before'));
  renameSync(other(), installed());
}

function start(...more: string[]): Promise<RunningServer> {
  const cli = join(installed(), 'node_modules/uwsgi-node/dist/cli.cjs');
  const args = instance.args(
    '--disable-logging',
    '--wsgi-file',
    behaviours,
    '--pidfile',
    join(instance.folder, 'pid'),
    ...more,
  );
  return startServer({ args, command: [process.execPath, cli], timeout });
}

/** Requests one after the other, with a moment for everybody else between them, until it is told to stop; returns how they were answered. */
function ask() {
  let isOver = false;
  const statuses = new Map<number | string, number>();
  const done = (async () => {
    while (!isOver) {
      const status = await instance.get('/').then(
        (answer) => answer.status,
        (error) => String(error),
      );
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      await wait(5);
    }
  })();
  return async () => {
    isOver = true;
    await done;
    return [...statuses.keys()];
  };
}

it('a reload executes the new one under the same pid, and no request is lost', async () => {
  install(installed());
  install(other(), { version: '0.2.0', messages: MESSAGES_VERSION + 1 });
  const pidfile = join(instance.folder, 'daemon');
  const server = await start(
    '--processes',
    '2',
    '--smart-attach-daemon2',
    `${pidfile} exec sleep 60`,
    '--unique-cron',
    '-1 -1 -1 -1 -1 exec sleep 61',
  );
  const running = /^\[uwsgi-cron\] running "exec sleep 61" \(pid (\d+)\)$/;
  const job = Number((await server.lines.waitFor(running))[1]);
  const daemon = Number(readFileSync(pidfile, 'utf8'));
  const before = server.workers.filter((pid) => pid !== daemon && pid !== job);
  const stop = ask();
  const slow = instance.textOf('/halves', '3000');
  await instance.get('/');
  replace();
  const from = server.lines.position;
  server.kill('SIGHUP');
  await server.lines.waitFor(/^\*\*\* the package was replaced \(version 0\.1\.0 by 0\.2\.0\): executing/, {
    from,
    timeout,
  });
  await server.lines.waitFor(/^\*\*\* version 0\.2\.0 goes on: 2 workers of the program before/, {
    from,
    timeout,
  });
  await server.lines.waitFor(READY, { from, timeout });
  expect(await slow).toBe('first second');
  const left = () => before.filter((pid) => statOf(pid)[0] !== undefined);
  await expect.poll(left, { timeout }).toEqual([]);
  expect(await stop()).toEqual([200]);
  expect(Number(readFileSync(join(instance.folder, 'pid'), 'utf8'))).toBe(server.pid);
  expect(server.lines.matching(running)).toHaveLength(1);
  process.kill(job, 'SIGUSR1');
  await server.lines.waitFor(
    new RegExp(`running with pid ${job} exited after \\d+ second.s., killed by signal 10$`),
  );

  // It reloads and stops like any other.
  const again = server.lines.position;
  server.kill('SIGHUP');
  await server.lines.waitFor(READY, { from: again, timeout });
  server.kill('SIGTERM');
  await server.lines.waitFor(/^goodbye to uwsgi-node\.$/, { timeout });
  process.kill(daemon, 'SIGKILL');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(server.group).toEqual([]);
});

it('a worker that must be replaced meanwhile finds it out', async () => {
  install(installed());
  install(other(), { messages: MESSAGES_VERSION + 1 });
  const server = await start('--processes', '2');
  replace();
  const from = server.lines.position;
  process.kill(server.workers[0]!, 'SIGKILL');
  await server.lines.waitFor(/^\*\*\* a worker is of another version than its master \*\*\*$/, {
    from,
    timeout,
  });
  await server.lines.waitFor(/^\*\*\* version 0\.1\.0 goes on: /, { from, timeout });
  await server.lines.waitFor(READY, { from, timeout });
  expect((await instance.get('/')).status).toBe(200);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

it('one that cannot take over is refused, and the old one serves on', async () => {
  install(installed());
  install(other(), { version: '0.2.0', messages: MESSAGES_VERSION + 1 });
  writeFileSync(join(other(), 'node_modules/uwsgi-node/build/Release/uwsgi_node.node'), 'no addon');
  const server = await start();
  const { workers } = server;
  replace();
  server.kill('SIGHUP');
  await server.lines.waitFor(/^uwsgi-node: the package was replaced, and the new one cannot go on/, {
    timeout,
  });
  await server.lines.waitFor(/^\*\*\* reload refused: the workers go on as they are \*\*\*$/, { timeout });
  expect((await instance.get('/')).status).toBe(200);
  expect(server.workers).toEqual(workers);
});

it('so is a folder that is not there, which would end a server at its start', async () => {
  install(installed());
  install(other(), { version: '0.2.0' });
  const ini = join(instance.folder, 'server.ini');
  writeFileSync(ini, `[uwsgi]\nchdir = ${instance.folder}\n`);
  const server = await start('--ini', ini);
  replace();
  writeFileSync(ini, '[uwsgi]\nchdir = /no/such/folder\n');
  server.kill('SIGHUP');
  await server.lines.waitFor(/^uwsgi-node: chdir = \/no\/such\/folder: cannot work in this directory/);
  await server.lines.waitFor(/^\*\*\* reload refused: the workers go on as they are \*\*\*$/);
  expect((await instance.get('/')).status).toBe(200);
});

it('behind a release that does not load the workers of the one before serve until the next is ready', async () => {
  install(installed());
  const app = join(instance.folder, 'app.js');
  const works = `export { application } from ${JSON.stringify(behaviours)};\n`;
  writeFileSync(app, works);
  const server = await start('--wsgi-file', app);
  const [first] = server.workers;
  writeFileSync(app, 'throw new Error("a bad release");\n');
  // Workers that rest are to go on, or they would never finish.
  server.kill('SIGTSTP');
  await server.lines.waitFor(/^\*\*\* PAUSE /);
  for (const version of ['0.2.0', '0.3.0']) {
    rmSync(join(instance.folder, 'before'), { recursive: true, force: true });
    install(other(), { version });
    replace();
    const from = server.lines.position;
    server.kill('SIGHUP');
    await server.lines.waitFor(new RegExp(`^\\*\\*\\* version ${version} goes on: `), { from });
    await server.lines.waitFor(/a bad release/, { from });
    expect((await instance.get('/')).status).toBe(200);
  }
  expect(statOf(first!)[0]).toBeDefined();
  const from = server.lines.position;
  writeFileSync(app, works);
  await server.lines.waitFor(READY, { from });
  expect((await instance.get('/')).status).toBe(200);
  await expect.poll(() => statOf(first!)[0], { timeout: 15_000 }).toBeUndefined();
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

it('something else in the place of the master fifo is no reason to end', async () => {
  install(installed());
  install(other(), { version: '0.2.0' });
  const fifo = join(instance.folder, 'fifo');
  const server = await start('--master-fifo', fifo);
  rmSync(fifo);
  writeFileSync(fifo, '');
  replace();
  const from = server.lines.position;
  server.kill('SIGHUP');
  await server.lines.waitFor(/^uwsgi-node: .*fifo/, { from });
  await server.lines.waitFor(READY, { from });
  expect((await instance.get('/')).status).toBe(200);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

/** What the processes are called, what they may use of the machine, and what is done at the phases of their life. */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { cleanUp, onCleanUp } from '../support/clean-up.js';
import { behaviours, broken, Instance } from '../support/instance.js';
import { startServer, statOf } from '../support/server.js';

vi.setConfig({ testTimeout: 30_000 });
afterEach(cleanUp);

const read = (pid: number, file: string) => readFileSync(`/proc/${pid}/${file}`, 'latin1');
const titleOf = (pid: number) => read(pid, 'cmdline').replace(/\0+$/, '');

it('names, processors, descriptors and priority are as configured', async () => {
  const instance = await Instance.make();
  const server = await instance.start(
    ...['--processes', '2', '--procname-prefix-spaced', 'shop', '--cpu-affinity', '1'],
    ...['--max-fd', '512', '--prio', '3'],
  );
  const [first, second] = server.workers;
  expect([server.pid, first!, second!].map(titleOf)).toEqual([
    'shop uWSGI master',
    'shop uWSGI worker 1',
    'shop uWSGI worker 2',
  ]);
  for (const [id, pid] of [first, second].entries()) {
    const [, processor] = await server.lines.waitFor(
      new RegExp(`^mapping worker ${id + 1} to CPUs: (\\d+)$`),
    );
    expect(read(pid!, 'status')).toContain(`Cpus_allowed_list:\t${processor}\n`);
    expect(read(pid!, 'limits')).toMatch(/^Max open files +512 /m);
    expect(read(pid!, 'stat').split(') ')[1]!.split(' ')[16]).toBe('3');
  }
  expect((await instance.get('/')).status).toBe(200);
});

it.each([
  [['--auto-procname'], ['uWSGI master', 'uWSGI worker 1']],
  [
    ['--procname', 'shop', '--procname-master', 'shop-master', '--procname-append', ' (blue)'],
    ['shop-master (blue)', 'shop (blue)'],
  ],
])('with %j the processes are called so', async (options, titles) => {
  const server = await (await Instance.make()).start(...options);
  expect([server.pid, ...server.workers].map(titleOf)).toEqual(titles);
});

it('hooks run at their phases; one that fails refuses the start, or the reload', async () => {
  const instance = await Instance.make();
  const notes = join(instance.folder, 'notes');
  const ini = join(instance.folder, 'app.ini');
  const configure = (...lines: string[]) =>
    writeFile(
      ini,
      ['[uwsgi]', `wsgi-file = ${behaviours}`, `socket = ${instance.socketPath}`, ...lines, ''].join('\n'),
    );
  const phases = ['asap', 'as-root', 'as-user', 'pre-app', 'post-app', 'as-user-atexit'];
  const hooks = phases.map((phase) => `exec-${phase} = echo ${phase} $FROM_HOOK >> ${notes}`);
  await configure(
    'hook-asap = putenv:FROM_HOOK=hooked',
    ...hooks,
    'hook-master-start = print:the master is up',
  );
  const server = await startServer({ args: ['--ini', ini, '--master'] });
  await server.lines.waitFor(/^the master is up$/);
  expect(await instance.textOf('/environment', 'FROM_HOOK')).toBe('hooked');
  await expect.poll(() => readFileSync(notes, 'utf8')).toContain('post-app hooked\n');

  await configure('exec-pre-app = exit 7');
  server.kill('SIGHUP');
  await server.lines.waitFor(/app\.ini:4: command "exit 7" exited with non-zero code: 7/);
  await server.lines.waitFor(/^\*\*\* reload refused: the workers go on as they are \*\*\*$/);
  expect((await instance.get('/')).status).toBe(200);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(readFileSync(notes, 'utf8').match(/[a-z-]+(?= hooked)/g)).toEqual(phases);

  const refused = await startServer({ args: ['--ini', ini, '--master'], until: null });
  expect((await refused.exited).code).toBe(1);
  expect(refused.lines.matching(/^spawned/)).toEqual([]);
});

it('programs run beside the workers, and end after them', async () => {
  const instance = await Instance.make();
  const server = await instance.start('--attach-daemon', 'exec sleep 1000');
  const [, pid] = await server.lines.waitFor(/^\[uwsgi-daemons\] spawning "exec sleep 1000" \(pid: (\d+)\)$/);
  expect(statOf(Number(pid))[0]).toBe('S');
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(server.lines.all.slice(-4, -1)).toEqual([
    expect.stringMatching(/^worker 1 buried after/),
    `[uwsgi-daemons] "exec sleep 1000" (pid: ${pid}) ended, killed by signal 15`,
    'goodbye to uwsgi-node.',
  ]);
});

it.each(['daemonize', 'daemonize2'])('%s sends the server to the background', async (option) => {
  const instance = await Instance.make();
  const [log, pidfile] = [join(instance.folder, 'server.log'), join(instance.folder, 'master.pid')];
  const args = instance.args('--wsgi-file', behaviours, `--${option}`, log, '--pidfile', pidfile);
  const first = await startServer({ args, until: null });
  expect(await first.exited).toEqual({ code: 0, signal: null });
  expect(first.lines.all).toEqual([]);
  const logged = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  if (option === 'daemonize') await expect.poll(logged, { timeout: 15_000 }).toContain('uwsgi-node is ready');
  expect(logged()).toContain(`writing pidfile to ${pidfile}`);
  const pid = Number(readFileSync(pidfile, 'utf8'));
  onCleanUp(() => {
    if (statOf(pid).length > 0) process.kill(pid, 'SIGKILL');
  });
  // A session of its own, whose leader it is.
  expect(statOf(pid).slice(2, 4)).toEqual([String(pid), String(pid)]);
  expect((await instance.get('/')).status).toBe(200);
  expect(await instance.textOf('/environment', '_UWSGI_NODE_DAEMON')).toBe('undefined');
  process.kill(pid, 'SIGTERM');
  await expect.poll(logged, { timeout: 15_000 }).toContain('goodbye to uwsgi-node.');
});

it('daemonize2 tells with its exit code that the server could not start', async () => {
  const instance = await Instance.make();
  const log = join(instance.folder, 'server.log');
  const first = await startServer({
    args: instance.args('--wsgi-file', broken, '--daemonize2', log),
    until: null,
  });
  expect((await first.exited).code).toBe(22);
  expect(readFileSync(log, 'utf8')).toContain('GAME OVER');
});

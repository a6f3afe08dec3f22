import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { daemonSetting, defaultSettings } from '../../../src/config/default-settings.js';
import type { DaemonSetting } from '../../../src/config/settings.js';
import { Daemons } from '../../../src/master/daemons.js';
import { signalGroup } from '../../../src/master/spawn-daemon.js';
import { cleanUp, makeDirectory, onCleanUp } from '../../support/clean-up.js';

vi.setConfig({ testTimeout: 60_000 });
// They run at the same time: most of it is waiting for the next look.
afterAll(cleanUp);

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 30_000 });

async function create() {
  const folder = await makeDirectory();
  const pidfile = join(folder, 'pid');
  const lines: string[] = [];
  const stops: string[] = [];
  /** A master's; another one is a later master's. */
  const open = (command: string, more: Partial<DaemonSetting> = {}) => {
    const daemons = new Daemons({
      log: (...more) => lines.push(...more),
      stopServer: (why) => stops.push(why),
      lastingLog: 2,
    });
    const setting = { ...daemonSetting, pidfile, command, ...more };
    const apply = () => daemons.apply({ ...defaultSettings(), daemons: [setting] });
    apply();
    onCleanUp(() => daemons.stop());
    return { stop: () => daemons.stop(), apply };
  };
  const running = () =>
    existsSync(pidfile) ? Number.parseInt(readFileSync(pidfile, 'utf8'), 10) || null : null;
  onCleanUp(() => {
    const pid = running();
    if (pid !== null && isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  /** Another process than this one. */
  const another = async (than: number | null = null) => {
    await eventually(() => expect([null, than]).not.toContain(running()));
    return running()!;
  };
  const until = (pattern: RegExp) =>
    eventually(() => expect(lines.some((line) => pattern.test(line))).toBe(true));
  return { folder, pidfile, lines, stops, open, another, until };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

it.concurrent.each([
  ['stays in the foreground', (pidfile: string) => `echo $$ > ${pidfile}; exec sleep 1000`],
  ['goes to the background', (pidfile: string) => `sh -c 'echo $$ > ${pidfile}; exec sleep 1000' & exit 0`],
])(
  'a program that %s outlives the server, is found again, and started again when it has died',
  async (_, command) => {
    const { pidfile, lines, open, another, until } = await create();
    const first = open(command(pidfile));
    const pid = await another();
    await first.stop();
    open(command(pidfile));
    expect(lines.at(-1)).toMatch(
      new RegExp(`^\\[uwsgi-daemons\\] found valid/active pidfile for ".*" \\(pid: ${pid}\\)$`, 's'),
    );
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
    const next = await another(pid);
    expect(isAlive(next)).toBe(true);
    await until(/\(pid: \d+\) ended$/);
    expect(lines.filter((line) => line.includes('spawning'))).toHaveLength(2);
  },
);

it.concurrent('the pid file of one that writes none is written for it', async () => {
  const { open, another, until } = await create();
  const first = open('exec sleep 1000', { isDaemonized: true });
  const pid = await another();
  await first.stop();
  await until(new RegExp(`\\(pid: ${pid}\\) goes on without the server$`));
  expect(isAlive(pid)).toBe(true);
  open('exec sleep 1000', { isDaemonized: true });
  process.kill(pid, 'SIGKILL');
  expect(isAlive(await another(pid))).toBe(true);
});

it.concurrent('one whose pid file does not come is started again after a while', async () => {
  const { folder, open, until } = await create();
  open(`echo run >> ${folder}/runs`, { freq: 1 });
  await until(/ has not written /);
  await eventually(() => expect(readFileSync(join(folder, 'runs'), 'utf8')).toMatch(/^run\nrun\n/));
});

it.concurrent.each([
  // Above the largest number that the kernel gives.
  ['nobody', 9_999_999],
  // Signals to its group would reach every process there is.
  ['process 1', 1],
])('what an old file says of %s is not believed', async (_, old) => {
  const { pidfile, open, another } = await create();
  writeFileSync(pidfile, `${old}\n`);
  open(`echo $$ > ${pidfile}; exec sleep 1000`);
  expect(isAlive(await another(old))).toBe(true);
});

it.concurrent('no signal goes to everybody', () => {
  for (const pid of [1, 0, -1]) expect(signalGroup(pid, 0)).toBe(false);
});

it.concurrent('the server stops when it is to stop with it', async () => {
  const { stops, open, another } = await create();
  open('exec sleep 1000', { isDaemonized: true, isControl: true });
  process.kill(await another(), 'SIGKILL');
  await eventually(() => expect(stops).toEqual(['[uwsgi-daemons] "exec sleep 1000" has ended']));
});

it.concurrent('it hears of reloads and of the stop when it wants to', async () => {
  const { folder, pidfile, open, another } = await create();
  const traps = ['HUP', 'QUIT'].map((name) => `trap 'echo ${name} >> ${folder}/heard' ${name};`).join(' ');
  const loop = `${traps} echo $$ > ${pidfile}; while :; do sleep 0.05; done`;
  const { apply, stop } = open(loop, { isNotified: true, stopSignal: 3 });
  const heard = () => (existsSync(join(folder, 'heard')) ? readFileSync(join(folder, 'heard'), 'utf8') : '');
  await another();
  apply();
  await eventually(() => expect(heard()).toBe('HUP\n'));
  await stop();
  await eventually(() => expect(heard()).toBe('HUP\nQUIT\n'));
});

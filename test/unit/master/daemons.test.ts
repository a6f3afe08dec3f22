import { chmodSync, existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { daemonSetting, defaultSettings } from '../../../src/config/default-settings.js';
import type { DaemonSetting } from '../../../src/config/settings.js';
import { Daemons } from '../../../src/master/daemons.js';
import { cleanUp, makeDirectory, onCleanUp } from '../../support/clean-up.js';

let folder: string;
beforeEach(async () => {
  folder = await makeDirectory();
});
afterEach(cleanUp);

function create() {
  const lines: string[] = [];
  const stops: string[] = [];
  const daemons = new Daemons({
    log: (...more) => lines.push(...more),
    stopServer: (why) => stops.push(why),
    lastingLog: 2,
  });
  onCleanUp(() => {
    daemons.kill();
    return daemons.stop();
  });
  const until = (pattern: RegExp, times = 1) =>
    expect.poll(() => lines.filter((line) => pattern.test(line)).length, { timeout: 10_000 }).toBe(times);
  const apply = (...wanted: DaemonSetting[]) => daemons.apply({ ...defaultSettings(), daemons: wanted });
  return { daemons, apply, lines, stops, until };
}

const daemon = (command: string, more: Partial<DaemonSetting> = {}) => ({
  ...daemonSetting,
  command,
  ...more,
});
/** Pids that a command of this test has written. */
const pids = (name: string) => {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number) : [];
};
const sleeper = (name: string) => daemon(`echo $$ >> ${folder}/${name}; exec sleep 1000`);

it('starts programs again that end, later and later', async () => {
  const { apply, lines, until } = create();
  apply(daemon('exit 3'));
  await until(/^\[uwsgi-daemons\] spawning "exit 3" \(pid: \d+\)$/, 3);
  expect(lines.filter((line) => line.includes('ended, exit code 3')).length).toBeGreaterThanOrEqual(2);
  expect(lines).toContain('[uwsgi-daemons] throttling "exit 3" for 0.25 seconds');
});

it('goes on with those that stay, starts those that are new, ends the others, and all of them at last', async () => {
  const { daemons, apply, until, stops } = create();
  apply(sleeper('a'), sleeper('b'));
  await expect.poll(() => [...pids('a'), ...pids('b')].length).toBe(2);
  apply(sleeper('b'), sleeper('c'));
  await until(/ended, killed by signal 15$/);
  await expect.poll(() => pids('c').length).toBe(1);
  expect(pids('b')).toHaveLength(1);
  expect(() => process.kill(pids('a')[0]!, 0)).toThrow('ESRCH');
  await Promise.all([daemons.stop(), daemons.stop()]);
  for (const name of ['b', 'c']) expect(() => process.kill(pids(name)[0]!, 0)).toThrow('ESRCH');
  expect(stops).toEqual([]);
  // The server stays after all.
  apply(sleeper('b'));
  await expect.poll(() => pids('b').length).toBe(2);
});

it('stops the server when a control daemon ends', async () => {
  const { apply, stops } = create();
  apply(daemon('true', { isControl: true }));
  await expect.poll(() => stops).toEqual(['[uwsgi-daemons] "true" has ended']);
});

it('ends what a program has started, too, and who does not want to go when it is told to', async () => {
  const { daemons, apply } = create();
  apply(daemon(`trap '' TERM; sleep 1000 & echo $! > ${folder}/child; wait; wait`));
  await expect.poll(() => pids('child').length).toBe(1);
  const gone = daemons.stop();
  daemons.kill();
  await gone;
  await expect.poll(() => readState(pids('child')[0]!)).not.toMatch(/^[SR]/);
});

it('starts one anew when a file is touched, and tells it of a reload, with the signals it wants', async () => {
  const { apply, until } = create();
  const file = join(folder, 'touched');
  writeFileSync(file, '');
  const loop = `trap 'echo 1 >> ${folder}/reload' USR1; echo $$ >> ${folder}/runs; while :; do sleep 0.05; done`;
  const wanted = daemon(loop, { stopSignal: 3, reloadSignal: 10, touch: [file] });
  apply(wanted);
  await expect.poll(() => pids('runs').length).toBe(1);
  apply(wanted);
  await expect.poll(() => pids('reload').length).toBe(1);
  writeFileSync(file, 'again');
  utimesSync(file, 1, 1);
  await until(/touched was touched: ending/);
  await until(/ended, killed by signal 3$/);
  await expect.poll(() => pids('runs').length, { timeout: 10_000 }).toBe(2);
});

it('gives it the user, the folder and the standard input that it is to have', async () => {
  const { apply } = create();
  chmodSync(folder, 0o777);
  apply(daemon('id -u > ids; id -g >> ids; exec sleep 1000', { chdir: folder, uid: 'nobody', gid: '12' }));
  if (process.getuid?.() !== 0) return;
  await expect.poll(() => pids('ids')).toEqual([65534, 12]);
});

function readState(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!;
  } catch {
    return 'gone';
  }
}

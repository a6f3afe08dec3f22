import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
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
  });
  onCleanUp(() => {
    daemons.kill();
    return daemons.stop();
  });
  const until = (pattern: RegExp, times = 1) =>
    expect.poll(() => lines.filter((line) => pattern.test(line)).length, { timeout: 10_000 }).toBe(times);
  return { daemons, lines, stops, until };
}

const daemon = (command: string, isControl = false) => ({ command, isControl });
/** Pids that a command of this test has written. */
const pids = (name: string) => readFileSync(join(folder, name), 'utf8').trim().split('\n').map(Number);
const sleeper = (name: string) => daemon(`echo $$ >> ${folder}/${name}; exec sleep 1000`);

it('starts programs again that end, later and later', async () => {
  const { daemons, lines, until } = create();
  daemons.apply([daemon('exit 3')]);
  await until(/^\[uwsgi-daemons\] spawning "exit 3" \(pid: \d+\)$/, 3);
  expect(lines.filter((line) => line.includes('ended, exit code 3')).length).toBeGreaterThanOrEqual(2);
  expect(lines).toContain('[uwsgi-daemons] throttling "exit 3" for 0.25 seconds');
});

it('goes on with those that stay, starts those that are new, ends the others, and all of them at last', async () => {
  const { daemons, until, stops } = create();
  daemons.apply([sleeper('a'), sleeper('b')]);
  await expect.poll(() => [...pids('a'), ...pids('b')].length).toBe(2);
  daemons.apply([sleeper('b'), sleeper('c')]);
  await until(/ended, killed by signal 15$/);
  await expect.poll(() => pids('c').length).toBe(1);
  expect(pids('b')).toHaveLength(1);
  expect(() => process.kill(pids('a')[0]!, 0)).toThrow('ESRCH');
  await daemons.stop();
  for (const name of ['b', 'c']) expect(() => process.kill(pids(name)[0]!, 0)).toThrow('ESRCH');
  expect(stops).toEqual([]);
});

it('stops the server when a control daemon ends', async () => {
  const { daemons, stops } = create();
  daemons.apply([daemon('true', true)]);
  await expect.poll(() => stops).toEqual(['[uwsgi-daemons] "true" has ended']);
});

it('ends what a program has started, too, and who does not want to go when it is told to', async () => {
  const { daemons } = create();
  daemons.apply([daemon(`trap '' TERM; sleep 1000 & echo $! > ${folder}/child; wait; wait`)]);
  await expect.poll(() => pids('child').length).toBe(1);
  const gone = daemons.stop();
  daemons.kill();
  await gone;
  await expect.poll(() => readState(pids('child')[0]!)).not.toMatch(/^[SR]/);
});

function readState(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!;
  } catch {
    return 'gone';
  }
}

import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultSettings } from '../../../src/config/default-settings.js';
import type { Settings } from '../../../src/config/settings.js';
import { Triggers } from '../../../src/master/triggers.js';
import { cleanUp, makeDirectory, onCleanUp } from '../../support/clean-up.js';

let folder: string;
beforeEach(async () => {
  folder = await makeDirectory();
});
afterEach(cleanUp);

function create() {
  const lines: string[] = [];
  const reloads: string[][] = [];
  const failures: string[] = [];
  const triggers = new Triggers({
    logs: { reopen: () => ['reopened'], rotate: () => ['rotated'] },
    env: () => ({ PATH: process.env.PATH, OUT: join(folder, 'out') }),
    reload: (why, kind) => reloads.push([why, kind]),
    fail: (path) => failures.push(path),
    log: (...more) => lines.push(...more),
  });
  onCleanUp(() => triggers.close());
  const apply = (some: Partial<Settings>) =>
    triggers.apply({ ...defaultSettings(), checkInterval: 0.02, ...some });
  return { apply, lines, reloads, failures };
}

it('runs commands when files are touched, and says how they end', async () => {
  const path = join(folder, 'a');
  writeFileSync(path, '');
  const { apply, lines } = create();
  apply({
    touchExec: [
      { path, command: 'exit $#' },
      { path, command: 'kill -9 $$' },
    ],
  });
  utimesSync(path, 1, 1);
  await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(4);
  expect(lines.slice(0, 2)).toEqual([
    '[uwsgi-touch-exec] running exit $#',
    '[uwsgi-touch-exec] running kill -9 $$',
  ]);
  expect(lines.slice(2)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^subprocess \d+ ended, killed by signal 9$/),
      expect.stringMatching(/^subprocess \d+ exited with code 0$/),
    ]),
  );
});

it('goes on watching through a reload, and lets go of what is not wanted any more', async () => {
  const [path, other] = [join(folder, 'a'), join(folder, 'b')];
  for (const each of [path, other]) writeFileSync(each, '');
  const { apply, reloads, lines } = create();
  apply({ fsReload: [path] });
  writeFileSync(path, 'x');
  apply({ fsReload: [path] });
  await expect
    .poll(() => reloads, { timeout: 10_000 })
    .toEqual([[`[uwsgi-fsmon] detected event on "${path}"`, 'full']]);
  expect(lines).toHaveLength(1);
  apply({ fsBrutalReload: [other] });
  writeFileSync(path, 'y');
  writeFileSync(other, 'y');
  await expect
    .poll(() => reloads.slice(1), { timeout: 10_000 })
    .toEqual([[`[uwsgi-fsmon] detected event on "${other}"`, 'brutal']]);
});

it('misses nothing that was touched just before a reload', () => {
  const path = join(folder, 'a');
  writeFileSync(path, '');
  const { apply, lines } = create();
  apply({ touchLogreopen: [path], checkInterval: 1_000 });
  utimesSync(path, 1, 1);
  apply({ touchLogreopen: [path], checkInterval: 1_000 });
  apply({ touchLogreopen: [path], checkInterval: 1_000 });
  expect(lines).toEqual(['reopened']);
});

it('tells once that a file system has gone', async () => {
  const { apply, lines, failures } = create();
  apply({ checkMountpoint: [folder, join(folder, 'none')] });
  await expect.poll(() => failures, { timeout: 10_000 }).toEqual([join(folder, 'none')]);
  expect(lines).toEqual([
    expect.stringMatching(/^check-mountpoint = .*none: ENOENT/),
    `mountpoint ${join(folder, 'none')} failed, triggering detonation...`,
  ]);
});

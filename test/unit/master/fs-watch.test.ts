import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FsWatch } from '../../../src/master/fs-watch.js';
import { cleanUp, makeDirectory, onCleanUp } from '../../support/clean-up.js';

let folder: string;
beforeEach(async () => {
  folder = await makeDirectory();
});
afterEach(cleanUp);

function observe(path: string) {
  const lines: string[] = [];
  const changes: string[] = [];
  const watch = new FsWatch(path, {
    log: (...more) => lines.push(...more),
    onChange: (which) => changes.push(which),
  });
  onCleanUp(() => watch.close());
  /** Does something, of which one change is told. */
  const causes = async (act: () => void) => {
    const before = changes.length;
    act();
    await expect.poll(() => changes.length, { timeout: 10_000 }).toBe(before + 1);
    expect(changes.at(-1)).toBe(path);
  };
  return { lines, causes };
}

it('tells of a file that is written, touched and replaced, also of the one that has replaced it', async () => {
  const path = join(folder, 'a');
  writeFileSync(path, '');
  const { lines, causes } = observe(path);
  expect(lines).toEqual([`[uwsgi-fsmon] registered monitor for "${path}"`]);
  await causes(() => writeFileSync(path, 'more'));
  await causes(() => {
    writeFileSync(join(folder, 'b'), '');
    renameSync(join(folder, 'b'), path);
  });
  await causes(() => utimesSync(path, 1, 1));
});

it('tells of the entries of a folder, not of what is below them', async () => {
  mkdirSync(join(folder, 'sub'));
  const { causes } = observe(folder);
  writeFileSync(join(folder, 'sub', 'unseen'), '');
  await causes(() => {
    for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), '');
  });
});

it('waits for what is not there yet, and for what comes back', async () => {
  const path = join(folder, 'a');
  const { lines, causes } = observe(path);
  expect(lines[0]).toMatch(
    /^\[uwsgi-fsmon\] unable to register monitor for ".*a" \(ENOENT: .*\): trying again/,
  );
  await causes(() => writeFileSync(path, ''));
  await causes(() => rmSync(path));
  await causes(() => writeFileSync(path, ''));
});

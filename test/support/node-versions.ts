/** Other versions of Node, from the npm package `node`; kept below build/, so that they are fetched once. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const cache = fileURLToPath(new URL('../../build/nodes', import.meta.url));

/** A registry may have a bad moment. */
const TRIES = 3;
/** npm takes some; seconds. */
const PATIENCE = 90;

/** The binary of the newest Node of this major version, or null where it cannot be fetched. */
export async function nodeBinary(major: number): Promise<string | null> {
  const folder = join(cache, String(major));
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await runs(folder, major)) return binaryIn(folder);
    await fetchInto(folder, major);
  }
  return (await runs(folder, major)) ? binaryIn(folder) : null;
}

const binaryIn = (folder: string) => join(folder, 'node_modules/node/bin/node');

/** A file that is there may still be half of one. */
function runs(folder: string, major: number): Promise<boolean> {
  return run(binaryIn(folder), ['--version'], { timeout: 10_000 }).then(
    ({ stdout }) => stdout.startsWith(`v${major}.`),
    () => false,
  );
}

async function fetchInto(folder: string, major: number): Promise<void> {
  mkdirSync(cache, { recursive: true });
  // Another test file may be fetching the same one: whoever is first puts it into place, whole.
  const fresh = mkdtempSync(`${folder}-`);
  try {
    writeFileSync(join(fresh, 'package.json'), '{ "private": true }\n');
    // Its install script puts the platform's binary into place; timeout(1) ends that one, too.
    const npm = ['npm', 'install', '--no-save', '--no-audit', '--no-fund', `node@${major}`];
    await run('timeout', ['--kill-after=5', String(PATIENCE), ...npm], { cwd: fresh });
    if (!(await runs(fresh, major))) throw new Error('it does not run');
    if (await runs(folder, major)) return;
    // What does not run is in the way of what does.
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } catch (error) {
    console.warn(`node@${major} was not fetched: ${(error as Error).message}`);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Other versions of Node, from the npm package `node`; kept below build/, so that they are fetched once. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../build/nodes', import.meta.url));

/** The binary of the newest Node of this major version, or null where it cannot be fetched. */
export function nodeBinary(major: number): string | null {
  const folder = join(cache, String(major));
  const binary = join(folder, 'node_modules/node/bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  // Another test file may be fetching the same one: whoever is first puts it into place, whole.
  const fresh = mkdtempSync(`${folder}-`);
  writeFileSync(join(fresh, 'package.json'), '{ "private": true }\n');
  // Its install script puts the platform's binary into place.
  spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', `node@${major}`], { cwd: fresh });
  try {
    renameSync(fresh, folder);
  } catch {
    rmSync(fresh, { recursive: true, force: true });
  }
  return existsSync(binary) ? binary : null;
}

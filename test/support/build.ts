/**
 * Builds dist/ before any test, where it is older than src/: integration tests start what is built.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

function newest(folder: string): number {
  const times = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return Math.max(...times);
}

function builtAt(): number {
  const { mtimeMs = 0 } = statSync(join(root, 'dist/cli.cjs'), { throwIfNoEntry: false }) ?? {};
  return mtimeMs;
}

export default function build(): void {
  if (newest('src') > builtAt()) execFileSync('npm', ['run', 'build:ts'], { cwd: root, stdio: 'inherit' });
}

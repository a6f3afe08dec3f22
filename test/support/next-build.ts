/**
 * The Next application of test/apps/frameworks/next, built below build/, where packages are found, so that it is built once
 * (about ten seconds) and again only after a change.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const source = join(root, 'test/apps/frameworks/next');
const target = join(root, 'build/next');

/** @throws Error with what `next build` printed */
export function buildNext(): void {
  if (builtAt() > changedAt()) return;
  rmSync(target, { recursive: true, force: true });
  cpSync(source, target, { recursive: true });
  const built = spawnSync(process.execPath, [join(root, 'node_modules/next/dist/bin/next'), 'build'], {
    cwd: target,
    encoding: 'utf8',
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
  });
  if (built.status !== 0) throw new Error(`next build failed:\n${built.stdout}${built.stderr}`);
}

function builtAt(): number {
  return statSync(join(target, '.next/BUILD_ID'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function changedAt(): number {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
  const all = [...files.map((file) => join(source, file)), join(root, 'package-lock.json')];
  return Math.max(...all.map((file) => statSync(file).mtimeMs));
}

/**
 * What some suites need of the machine. Without it they are skipped with the reason in their title; on CI, where the
 * machine is ours to equip, they fail instead.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The absolute path of a program, or null. Looks into the sbin directories too, where Debian puts nginx. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** Reason to skip, or null when all programs are there. */
export function missingPrograms(...names: string[]): string | null {
  const missing = names.filter((name) => findProgram(name) === null);
  return missing.length === 0 ? null : `not installed: ${missing.join(', ')}`;
}

/** Reason to skip, or null when the tests run as root (they need other users then). */
export function notRoot(): string | null {
  return process.getuid?.() === 0 ? null : 'not run as root';
}

/**
 * For `describe.skipIf(skipped(…))`: true when there is a reason, which is printed.
 * @throws Error on CI (`CI=true`) when there is a reason.
 */
export function skipped(suite: string, ...reasons: (string | null)[]): boolean {
  const reason = reasons.find((text) => text !== null);
  if (reason === undefined) return false;
  const text = `${suite}: skipped, ${reason}`;
  if (process.env.CI === 'true') throw new Error(`${text}; CI must provide it`);
  console.warn(text);
  return true;
}

/** Numeric ids of a user from the system's own tools, or null when there is no such user. */
export function findUser(name: string): { uid: number; gid: number } | null {
  const found = spawnSync('getent', ['passwd', name], { encoding: 'utf8' });
  const [, , uid, gid] = found.stdout.split(':');
  return found.status === 0 ? { uid: Number(uid), gid: Number(gid) } : null;
}

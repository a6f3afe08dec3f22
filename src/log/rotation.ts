/**
 * A log file that grows too large gets another name, and a new one takes its place.
 */
import { existsSync, renameSync } from 'node:fs';

/** Milliseconds since 1970 → the name that the file gets: `app.log.1759924800`. Never one that is taken already. */
export function backupName(path: string, backup: string | null, now: number): string {
  if (backup !== null) return backup;
  const name = `${path}.${Math.floor(now / 1000)}`;
  for (let i = 0; ; i++) {
    const candidate = i === 0 ? name : `${name}.${i}`;
    if (!existsSync(candidate)) return candidate;
  }
}

/**
 * Renames the file. Whoever has it open writes on into the renamed one until he opens it again, so no line is lost.
 * @throws Error with `code`
 */
export function rotate(path: string, backup: string | null, now = Date.now()): string {
  const name = backupName(path, backup, now);
  renameSync(path, name);
  return name;
}

/**
 * Paths as they come in a request: a latin-1 character for each byte, as a name in a file system is bytes and need not be
 * UTF-8. Looked up synchronously: to ask a thread of libuv's pool costs five times what the kernel takes for the answer,
 * for every request that is the application's after all (docs/decisions/0008).
 */
import { type PathLike, realpathSync, type Stats, statSync } from 'node:fs';

const beyondAscii = /[^\0-\x7f]/;

/** A path of the configuration. */
export function fromText(path: string): string {
  return beyondAscii.test(path) ? Buffer.from(path).toString('latin1') : path;
}

/** For Node's own functions. */
export function toNode(path: string): PathLike {
  return beyondAscii.test(path) ? Buffer.from(path, 'latin1') : path;
}

const quiet = { throwIfNoEntry: false } as const;

/** What is there, links followed; null where nothing is, or nothing that may be seen. */
export function statOf(path: string): Stats | null {
  try {
    return statSync(toNode(path), quiet) ?? null;
  } catch {
    return null;
  }
}

/** The path without links; null where nothing is there. */
export function realPathOf(path: string): string | null {
  try {
    return realpathSync.native(toNode(path), 'latin1');
  } catch {
    return null;
  }
}

/** Both without links. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`);
}

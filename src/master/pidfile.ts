/** Files that hold the master's pid, and words to the instance behind one (`--reload FILE`). */
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { startErrors } from '../errors.js';
import { vacuum } from '../log/startup.js';

/**
 * @param option which option names the file, for messages.
 * @returns the line for the log.
 * @throws {UwsgiNodeError} UWSGI_PIDFILE
 */
export function writePidfile(option: string, path: string): string {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (error) {
    throw startErrors.pidfile(option, path, error as NodeJS.ErrnoException);
  }
  return `writing pidfile to ${path}`;
}

/** Those of one server. */
export class Pidfiles {
  /** Absolute, in the order they were written. */
  readonly paths: string[];
  readonly #cwd: string;

  /** @param written those that the program before in this process has written */
  constructor(cwd: string, written: readonly string[] = []) {
    this.#cwd = cwd;
    this.paths = [...written];
  }

  /**
   * @param path null: there is none
   * @returns lines for the log.
   * @throws {UwsgiNodeError} UWSGI_PIDFILE
   */
  write(option: string, path: string | null): string[] {
    const absolute = path === null ? null : resolve(this.#cwd, path);
    if (absolute === null || this.paths.includes(absolute)) return [];
    const line = writePidfile(option, absolute);
    this.paths.push(absolute);
    return [line];
  }

  /** Writes every one again: somebody may have removed it. Returns lines for the log. */
  rewrite(): string[] {
    return this.paths.map((path) => {
      try {
        return writePidfile('pidfile', path);
      } catch (error) {
        return `uwsgi-node: ${(error as Error).message}`;
      }
    });
  }
}

/** Removes pid files that still hold our pid. Returns lines for the log. */
export function removePidfiles(paths: readonly string[]): string[] {
  return paths.map((path) => {
    try {
      if (readPid(path) !== process.pid) return vacuum.otherPid(path);
      unlinkSync(path);
      return vacuum.pidfileRemoved;
    } catch (error) {
      return vacuum.pidfileFailed(path, (error as Error).message);
    }
  });
}

/**
 * Sends a signal to the instance behind a pid file.
 * @throws {UwsgiNodeError} UWSGI_NO_INSTANCE
 */
export function signalInstance(option: string, path: string, signal: NodeJS.Signals): void {
  try {
    const pid = readPid(path);
    if (pid === null) throw startErrors.noPid(option, path);
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw startErrors.noInstance(option, path, error as NodeJS.ErrnoException);
  }
}

function readPid(path: string): number | null {
  const text = readFileSync(path, 'latin1').trim();
  return /^[1-9]\d{0,6}$/.test(text) ? Number(text) : null;
}

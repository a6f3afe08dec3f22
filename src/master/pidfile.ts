/** Files that hold the master's pid, and words to the instance behind one (`--reload FILE`). */
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
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

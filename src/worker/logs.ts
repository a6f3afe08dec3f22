/**
 * The log of a worker process: opens the log file again when the master says so, and saves what is under way when the
 * master is gone. Runs in the control thread; descriptors are the whole process's.
 */
import { readSync } from 'node:fs';
import { LogFile, type Redirect } from '../log/log-file.js';
import { writeAll } from '../log/stderr.js';
import type { StartWorker } from '../messages.js';

type Logs = NonNullable<StartWorker['logs']>;

/** Returns what went wrong; the old file is written on then. */
export function reopenLogs({ files, original, first }: Logs, native: Redirect): string[] {
  return files.flatMap(({ path, isDirect }) => {
    const fds = [...(isDirect ? [1, 2] : []), ...(original === null ? [] : [first + original])];
    try {
      new LogFile('logto', path, fds, native).open();
      return [];
    } catch (error) {
      return `uwsgi-node: ${(error as Error).message}`;
    }
  });
}

/**
 * Nobody reads the pipes any more: lines go to where the log would go without loggers, those that are in the pipes first.
 * A pipe holds 64 KiB, and lines come into it whole, so one read takes whole lines, even when several workers do this.
 */
export function saveLogs({ original, log, requests, requestsRead, first }: Logs, native: Redirect): void {
  if (original === null) return;
  const fallback = first + original;
  if (log !== null) for (const fd of [1, 2]) native.redirectFd(fallback, fd);
  if (requests !== null) native.redirectFd(fallback, first + requests);
  const bytes = Buffer.alloc(64 * 1024);
  for (const pipe of [log, requestsRead]) {
    if (pipe === null) continue;
    try {
      for (;;) {
        const size = readSync(first + pipe, bytes);
        if (size === 0) break;
        writeAll(fallback, bytes.subarray(0, size));
      }
    } catch {
      // It is empty.
    }
  }
}

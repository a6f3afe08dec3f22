/**
 * The server's own log lines, written synchronously to descriptor 2: whole lines, one write(2) per batch, so that the
 * lines of several processes never mix and none is lost when a process ends right after it.
 */
import { writeSync } from 'node:fs';
import type { LineStyle } from './line-style.js';

/** How long a full pipe may hold up its writer before the line is given up, milliseconds. */
const PATIENCE = 1000;
/** Descriptors whose reader let the last line be given up: nobody waits for it again before it takes something. */
const stalled = new Set<number>();

let style: LineStyle = (line) => line;

/** Gives the lines of this thread another look from now on. */
export function setLineStyle(wanted: LineStyle): void {
  style = wanted;
}

/** Writes lines (without newlines) to stderr. Never throws: a log that cannot be written must not stop the server. */
export function log(...lines: string[]): void {
  if (lines.length > 0) writeAll(2, Buffer.from(`${lines.map(style).join('\n')}\n`));
}

/** Writes all of it, or gives up what nobody takes. Never throws. */
export function writeAll(fd: number, bytes: Buffer): void {
  const deadline = Date.now() + (stalled.has(fd) ? 0 : PATIENCE);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
      stalled.delete(fd);
    } catch (error) {
      // Whoever shares the descriptor may have made it non-blocking; anything else (EPIPE, ENOSPC) will not get better.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      if (Date.now() >= deadline) {
        stalled.add(fd);
        return;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** Log lines that are gathered while something runs step by step, and written in one go. */
export class LogBatch {
  #lines: string[] = [];

  add(...lines: string[]): void {
    this.#lines.push(...lines);
  }

  flush(): void {
    log(...this.#lines);
    this.#lines = [];
  }
}

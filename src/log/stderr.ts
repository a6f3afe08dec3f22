/**
 * The server's own log lines, written synchronously to descriptor 2: whole lines, one write(2) per batch, so that the
 * lines of several processes never mix and none is lost when a process ends right after it. What a full pipe does not take
 * waits for it, nobody else does.
 */
import { writeSync } from 'node:fs';
import type { LineStyle } from './line-style.js';
import { LineWriter } from './line-writer.js';

/** How long a full pipe may hold up the end of a process, milliseconds. */
const PATIENCE = 1000;
/** By descriptor: what a reader of the log that does not keep up has still to get. */
const overflows = new Map<number, LineWriter>();

let style: LineStyle = (line) => line;

/** Gives the lines of this thread another look from now on. */
export function setLineStyle(wanted: LineStyle): void {
  style = wanted;
}

/** Writes lines (without newlines) to stderr. Never throws: a log that cannot be written must not stop the server. */
export function log(...lines: string[]): void {
  if (lines.length > 0) writeAll(2, Buffer.from(`${lines.map(style).join('\n')}\n`));
}

/** Writes all of it now, or what nobody takes now later, or never: see LineWriter. Never waits and never throws. */
export function writeAll(fd: number, bytes: Buffer): void {
  const overflow = overflows.get(fd);
  if (overflow?.isWaiting === true) {
    overflow.write(bytes.toString('latin1'));
    return;
  }
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      // Whoever shares the descriptor may have made it non-blocking; anything else (EPIPE, ENOSPC) will not get better.
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN')
        overflowOf(fd).write(bytes.toString('latin1', at));
      return;
    }
  }
}

function overflowOf(fd: number): LineWriter {
  let overflow = overflows.get(fd);
  if (overflow === undefined) {
    overflow = LineWriter.to(fd);
    overflows.set(fd, overflow);
    if (overflows.size === 1) process.on('exit', writeOverflows);
  }
  return overflow;
}

/** The last chance. */
function writeOverflows(): void {
  const deadline = Date.now() + PATIENCE;
  for (const overflow of overflows.values()) {
    overflow.flush();
    while (overflow.isWaiting && Date.now() < deadline) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      overflow.flush();
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

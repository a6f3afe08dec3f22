/**
 * Gathers lines and writes them in batches, never waiting: those of one turn of the event loop go out together, whole, so
 * that the lines of several processes do not mix. What cannot be written now waits, up to a bound; beyond it lines are
 * dropped, counted, and told of once there is room again.
 */
import { fstatSync, writeSync } from 'node:fs';

/** Lines are written before this many characters have gathered. */
const FULL_BATCH = 32 * 1024;
/** A log that takes nothing keeps at most this many characters waiting; then lines are dropped. */
const MOST_WAITING = 1024 * 1024;
/** A reader that does not keep up is tried again after so many milliseconds, a disk without space after longer. */
const RETRY_READER = 10;
const RETRY_DISK = 250;
/** PIPE_BUF of Linux: what is written to a pipe in one go arrives in one piece up to this many bytes (pipe(7)). */
const PIPE_BUFFER = 4096;

/** What will not get better: nobody is at the other end, or it is no longer open. */
const HOPELESS = new Set(['EPIPE', 'ECONNRESET', 'EBADF', 'ENOTCONN', 'EINVAL']);

/** Writes some bytes, returns how many; throws as fs.writeSync does. */
export type Output = (bytes: Buffer, at: number, size: number) => number;

export class LineWriter {
  readonly #output: Output;
  /** Bytes that are written in one go: as many as cannot mix with what other processes write. */
  readonly #portion: number;
  #waiting = '';
  #dropped = 0;
  #scheduled = false;
  /** The last write took nothing, and another is due. */
  #stalled = false;

  /** @param isPipe whether `output` ends in a pipe that others write to */
  constructor(output: Output, isPipe: boolean) {
    this.#output = output;
    this.#portion = isPipe ? PIPE_BUFFER : Number.POSITIVE_INFINITY;
  }

  /** A writer to a descriptor that is open. */
  static to(fd: number): LineWriter {
    return new LineWriter((bytes, at, size) => writeSync(fd, bytes, at, size), isPipe(fd));
  }

  /** @param line latin-1, with its newline */
  write(line: string): void {
    if (this.#waiting.length + line.length > MOST_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting += line;
    if (this.#stalled) return;
    if (this.#waiting.length > FULL_BATCH) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.flush());
    }
  }

  /** There are lines that could not be written yet. */
  get isWaiting(): boolean {
    return this.#waiting !== '';
  }

  /** Writes what waits; for the end of the thread. */
  flush(): void {
    this.#scheduled = false;
    if (this.#waiting === '' && this.#dropped === 0) return;
    const bytes = Buffer.from(this.#waiting, 'latin1');
    let written = 0;
    let retryAfter = RETRY_READER;
    try {
      while (written < bytes.length)
        written += this.#output(bytes, written, this.#sizeOfNext(bytes, written));
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (HOPELESS.has(code)) written = bytes.length;
      else if (code !== 'EAGAIN') retryAfter = RETRY_DISK;
    }
    this.#waiting = this.#waiting.slice(written);
    if (written > 0) this.#tellOfDropped();
    if (this.#waiting !== '' && !this.#stalled) this.#retry(retryAfter);
  }

  #tellOfDropped(): void {
    if (this.#dropped === 0) return;
    this.#waiting += `*** ${this.#dropped} log lines were dropped: whoever takes the log did not keep up ***\n`;
    this.#dropped = 0;
    if (!this.#stalled) this.#retry(0);
  }

  #retry(after: number): void {
    this.#stalled = true;
    setTimeout(() => {
      this.#stalled = false;
      this.flush();
    }, after).unref();
  }

  /** As many whole lines as fit in a portion; at least one. */
  #sizeOfNext(bytes: Buffer, at: number): number {
    if (bytes.length - at <= this.#portion) return bytes.length - at;
    const last = bytes.lastIndexOf('\n', at + this.#portion - 1);
    return (last >= at ? last : bytes.indexOf('\n', at)) + 1 - at;
  }
}

function isPipe(fd: number): boolean {
  try {
    return fstatSync(fd).isFIFO();
  } catch {
    // Closed: there is nobody whose lines could mix with ours.
    return false;
  }
}

/**
 * The request log: uWSGI's line for each request, written in batches. Runs in a JS thread.
 *
 * A line costs string building and its share of one write(2); the lines of one turn of the event loop go out together,
 * whole, so that those of several processes never mix.
 */
import { fstatSync, writeSync } from 'node:fs';
import { ctime } from './ctime.js';

/** Lines are written before this many characters have gathered. */
const fullBatch = 32 * 1024;
/** A reader of the log that takes nothing keeps at most this many characters waiting; then lines are dropped. */
const mostWaiting = 1024 * 1024;
/** Such a reader is tried again after so many milliseconds. */
const retryAfter = 10;
/** PIPE_BUF of Linux: what is written to a pipe in one go arrives in one piece up to this many bytes (pipe(7)). */
const pipeBuffer = 4096;

/** Control characters would forge lines (uWSGI writes them as they are). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const control = /[\x00-\x1f\x7f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const everyControl = /[\x00-\x1f\x7f]/g;

/** A text from a client, as it may stand in a log. */
export function escapeControls(text: string): string {
  if (!control.test(text)) return text;
  return text.replace(everyControl, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function printable(value: unknown): string {
  return typeof value === 'string' ? escapeControls(value) : '';
}

/** The 24 characters of ctime, made once a second. */
let second = 0;
let secondText = '';
function now(milliseconds: number): string {
  const current = Math.floor(milliseconds / 1000);
  if (current !== second) {
    second = current;
    secondText = ctime(new Date(milliseconds));
  }
  return secondText;
}

/** What a line says of a response's head. */
interface Head {
  readonly code: number;
  readonly headers: readonly unknown[];
  /** As it goes on the wire, without the version in front and the empty line behind it. */
  readonly text: string;
}

/** Told when a response is over. `head` is null where the connection ended before a response began. */
export type EndOfLine = (head: Head | null, bytes: number) => void;

/** Writes some bytes, returns how many; throws as fs.writeSync does. */
export type Output = (bytes: Buffer, at: number, size: number) => number;

const stderr: Output = (bytes, at, size) => writeSync(2, bytes, at, size);

function stderrIsPipe(): boolean {
  try {
    return fstatSync(2).isFIFO();
  } catch {
    // Closed: there is nobody whose lines could mix with ours.
    return false;
  }
}

/** Knows the number, in the whole instance, of the request that this thread has finished last. */
export interface Counter {
  latestRequest(): number;
}

export class RequestLog {
  readonly #core: number;
  readonly #score: Counter | null;
  readonly #output: Output;
  /** Bytes that are written in one go: as many as cannot mix with what other processes write. */
  readonly #portion: number;
  #requests = 0;
  #waiting = '';
  #dropped = 0;
  #scheduled = false;
  /** The reader took nothing the last time. */
  #stalled = false;

  /**
   * @param score  counts the requests of the whole instance; null: there are no others
   * @param isPipe whether `output` ends in a pipe
   */
  constructor(core: number, score: Counter | null = null, output = stderr, isPipe = stderrIsPipe()) {
    this.#core = core;
    this.#score = score;
    this.#output = output;
    this.#portion = isPipe ? pipeBuffer : Number.POSITIVE_INFINITY;
  }

  /**
   * Begins the line of a request, with what the request says: the application may change its environ afterwards.
   *
   * @param vars number of vars in the packet
   * @param size bytes of the packet's vars
   */
  begin(environ: Record<string, unknown>, vars: number, size: number): EndOfLine {
    const started = performance.now();
    const { REMOTE_ADDR, REMOTE_USER, REQUEST_METHOD, REQUEST_URI, PATH_INFO, SERVER_PROTOCOL } = environ;
    return (head, bytes) => {
      const elapsed = Math.round(performance.now() - started);
      const count = ++this.#requests;
      // uWSGI counts keys and values as vars, and requests per application and in the whole instance.
      const inAll = this.#score === null ? count : this.#score.latestRequest();
      this.#write(
        `[pid: ${process.pid}|app: 0|req: ${count}/${inAll}] ${printable(REMOTE_ADDR)} (${printable(REMOTE_USER)}) ` +
          `{${vars * 2} vars in ${size} bytes} [${now(Date.now())}] ${printable(REQUEST_METHOD)} ` +
          `${printable(REQUEST_URI ?? PATH_INFO)} => generated ${bytes} bytes in ${elapsed} msecs ` +
          `(${printable(SERVER_PROTOCOL)} ${head?.code ?? 0}) ${head?.headers.length ?? 0} headers in ` +
          `${head === null ? 0 : head.text.length + 11} bytes (1 switches on core ${this.#core})\n`,
      );
    };
  }

  /** Writes what waits; for the end of the thread. */
  flush(): void {
    this.#scheduled = false;
    if (this.#dropped > 0) {
      this.#waiting += `*** ${this.#dropped} request log lines were dropped: whoever reads the log did not keep up ***\n`;
      this.#dropped = 0;
    }
    const bytes = Buffer.from(this.#waiting, 'latin1');
    let written = 0;
    try {
      while (written < bytes.length)
        written += this.#output(bytes, written, this.#sizeOfNext(bytes, written));
    } catch (error) {
      // A full pipe: the rest waits. A full disk or a closed pipe: it is lost, the request is not.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') written = bytes.length;
    }
    this.#waiting = this.#waiting.slice(written);
    if (this.#waiting !== '' && !this.#stalled) this.#stall();
  }

  #stall(): void {
    this.#stalled = true;
    setTimeout(() => {
      this.#stalled = false;
      this.flush();
    }, retryAfter).unref();
  }

  /** As many whole lines as fit in a portion; at least one. */
  #sizeOfNext(bytes: Buffer, at: number): number {
    if (bytes.length - at <= this.#portion) return bytes.length - at;
    const last = bytes.lastIndexOf('\n', at + this.#portion - 1);
    return (last >= at ? last : bytes.indexOf('\n', at)) + 1 - at;
  }

  #write(line: string): void {
    if (this.#waiting.length + line.length > mostWaiting) {
      this.#dropped++;
      return;
    }
    this.#waiting += line;
    if (this.#stalled) return;
    if (this.#waiting.length > fullBatch) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.flush());
    }
  }
}

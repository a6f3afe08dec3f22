/**
 * The request log: uWSGI's line for each request, written in batches. Runs in a JS thread.
 *
 * A line costs string building and its share of one write(2); the lines of one turn of the event loop go out together,
 * whole, so that those of several processes never mix.
 */
import { writeSync } from 'node:fs';
import type { Environ, ResponseHead } from '../wsgi/types.js';
import { ctime } from './ctime.js';

/** Lines are written before this many characters have gathered. */
const fullBatch = 32 * 1024;
/** A reader of the log that takes nothing keeps at most this many characters waiting; then lines are dropped. */
const mostWaiting = 1024 * 1024;

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

export class RequestLog {
  readonly #core: number;
  #requests = 0;
  #waiting = '';
  #dropped = 0;
  #scheduled = false;

  constructor(core: number) {
    this.#core = core;
  }

  /**
   * @param vars    number of vars in the packet
   * @param size    bytes of the packet's vars
   * @param started `performance.now()` when the request came
   * @param head    null: the connection ended before a response began
   * @param bytes   of the body
   */
  add(
    environ: Environ,
    vars: number,
    size: number,
    started: number,
    head: ResponseHead | null,
    bytes: number,
  ): void {
    const elapsed = Math.round(performance.now() - started);
    const count = ++this.#requests;
    // uWSGI counts keys and values as vars, and counts per application and in all.
    this.#write(
      `[pid: ${process.pid}|app: 0|req: ${count}/${count}] ${printable(environ.REMOTE_ADDR)} (${printable(environ.REMOTE_USER)}) ` +
        `{${vars * 2} vars in ${size} bytes} [${now(Date.now())}] ${printable(environ.REQUEST_METHOD)} ` +
        `${printable(environ.REQUEST_URI ?? environ.PATH_INFO)} => generated ${bytes} bytes in ${elapsed} msecs ` +
        `(${printable(environ.SERVER_PROTOCOL)} ${head?.code ?? 0}) ${head?.headers.length ?? 0} headers in ` +
        `${head === null ? 0 : head.text.length + 11} bytes (1 switches on core ${this.#core})\n`,
    );
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
      while (written < bytes.length) written += writeSync(2, bytes, written);
    } catch (error) {
      // A full pipe: the rest waits. A full disk or a closed pipe: it is lost, the request is not.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') written = bytes.length;
    }
    this.#waiting = this.#waiting.slice(written);
    if (this.#waiting !== '') this.#schedule();
  }

  #write(line: string): void {
    if (this.#waiting.length + line.length > mostWaiting) {
      this.#dropped++;
      return;
    }
    this.#waiting += line;
    if (this.#waiting.length > fullBatch) this.flush();
    else this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }
}

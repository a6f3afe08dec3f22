/**
 * What an application prints: whole lines with a prefix, written at once and in order. Node would carry them to the main
 * thread of the process first, where lines of several threads mix and the last ones get lost.
 */
import type { Writable } from 'node:stream';
import { writeAll } from '../log/stderr.js';

type Done = (error?: Error | null) => void;
interface Written {
  chunk: string | Uint8Array;
  encoding: BufferEncoding;
}

export class LineStream {
  readonly #fd: number;
  readonly #prefix: string;
  /** Of a line that has not ended yet. */
  #rest = '';

  /** Takes the place of what is below `stream`, which stays the object that the application knows. */
  constructor(stream: Writable, fd: number, prefix: string) {
    this.#fd = fd;
    this.#prefix = prefix;
    Object.assign(stream, {
      // pino and others open it themselves; in threads Node leaves it out.
      fd,
      _write: (chunk: string | Uint8Array, encoding: BufferEncoding, done: Done) => {
        this.#print(textOf({ chunk, encoding }));
        done();
      },
      _writev: (chunks: Written[], done: Done) => {
        this.#print(chunks.map(textOf).join(''));
        done();
      },
    });
    process.on('exit', () => this.#print(this.#rest === '' ? '' : '\n'));
  }

  #print(text: string): void {
    const end = text.lastIndexOf('\n') + 1;
    if (end === 0) {
      this.#rest += text;
      return;
    }
    const lines = (this.#rest + text.slice(0, end)).replace(/^/gm, this.#prefix);
    this.#rest = text.slice(end);
    // The last prefix stands behind the last line break.
    writeAll(this.#fd, Buffer.from(lines.slice(0, lines.length - this.#prefix.length)));
  }
}

function textOf({ chunk, encoding }: Written): string {
  return typeof chunk === 'string' && encoding !== 'hex' && encoding !== 'base64'
    ? chunk
    : Buffer.from(chunk as string, encoding).toString();
}

/**
 * What an application prints: whole lines in the style of the log, written at once and in order. Node would carry them to the main
 * thread of the process first, where lines of several threads mix and the last ones get lost.
 */
import type { Writable } from 'node:stream';
import type { LineStyle } from '../log/line-style.js';
import { writeAll } from '../log/stderr.js';

type Done = (error?: Error | null) => void;
interface Written {
  chunk: string | Uint8Array;
  encoding: BufferEncoding;
}

export class LineStream {
  readonly #fd: number;
  readonly #style: LineStyle;
  /** Of a line that has not ended yet. */
  #rest = '';
  /** The thread ends: what is printed now is not gone on with. */
  #isLast = false;

  /** Takes the place of what is below `stream`, which stays the object that the application knows. */
  constructor(stream: Writable, fd: number, style: LineStyle) {
    this.#fd = fd;
    this.#style = style;
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
    // First of all listeners: what later ones print is ended at once.
    process.on('exit', () => {
      this.#isLast = true;
      this.#print('');
    });
  }

  #print(printed: string): void {
    const all = this.#rest + printed;
    const text = this.#isLast && all !== '' && !all.endsWith('\n') ? `${all}\n` : all;
    const end = text.lastIndexOf('\n') + 1;
    this.#rest = text.slice(end);
    if (end === 0) return;
    const lines = text.slice(0, end - 1).split('\n');
    writeAll(this.#fd, Buffer.from(`${lines.map(this.#style).join('\n')}\n`));
  }
}

function textOf({ chunk, encoding }: Written): string {
  return typeof chunk === 'string' && encoding !== 'hex' && encoding !== 'base64'
    ? chunk
    : Buffer.from(chunk as string, encoding).toString();
}

/**
 * `wsgi.input`: the request body as a file that ends after CONTENT_LENGTH bytes (PEP 3333, "Input and Error Streams").
 * Reading blocks, as in Python, where the body has not come in whole; the asynchronous ways do not.
 */
import { Readable } from 'node:stream';
import { applicationErrors as errors } from '../errors.js';
import type { BodySource } from './body-source.js';
import type { Input } from './types.js';

const empty = Buffer.alloc(0);
const newline = 10;
/** Bytes asked of a source at once, when the reader names no size. */
const portion = 65536;

/** Made for every request, so its constructor does nothing. */
export class WsgiInput implements Input {
  /** Read from the source and not yet handed out; the whole body when there is no source. */
  #buffer: Buffer;
  readonly #source: BodySource | null;
  #streaming = false;

  constructor(body: Buffer | null, source: BodySource | null) {
    this.#buffer = body ?? empty;
    this.#source = source;
  }

  read(size?: number): Buffer {
    if (size === undefined || size === null || size < 0)
      return this.#take(this.#fill(Number.POSITIVE_INFINITY));
    return this.#take(Math.min(this.#fill(size), size));
  }

  readline(size?: number): Buffer {
    const most = size === undefined || size === null || size < 0 ? Number.POSITIVE_INFINITY : size;
    for (let searched = 0; ; ) {
      const at = this.#buffer.indexOf(newline, searched);
      if (at >= 0 || this.#buffer.length >= most) return this.#take(Math.min(at < 0 ? most : at + 1, most));
      searched = this.#buffer.length;
      if (this.#fill(searched + 1) === searched) return this.#take(searched);
    }
  }

  readlines(hint?: number): Buffer[] {
    const lines: Buffer[] = [];
    let total = 0;
    for (const line of this) {
      lines.push(line);
      total += line.length;
      if (hint !== undefined && hint > 0 && total >= hint) break;
    }
    return lines;
  }

  *[Symbol.iterator](): Iterator<Buffer> {
    for (let line = this.readline(); line.length > 0; line = this.readline()) yield line;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Buffer> {
    this.#streaming = true;
    if (this.#buffer.length > 0) yield this.#take(this.#buffer.length);
    const source = this.#source;
    if (source === null) return;
    for (;;) {
      const chunk = await new Promise<Buffer | null>((resolve) => source.read(resolve));
      if (chunk === null) {
        if (source.aborted) throw errors.inputAborted();
        return;
      }
      yield chunk;
    }
  }

  stream(): Readable {
    return Readable.from(this, { objectMode: false });
  }

  /** Blocks until `wanted` bytes are buffered or the body ends; returns how many there are. */
  #fill(wanted: number): number {
    const source = this.#source;
    if (source === null || this.#buffer.length >= wanted) return this.#buffer.length;
    if (this.#streaming) throw errors.inputStreaming();
    if (source.readSync === undefined) throw errors.inputAsyncOnly();
    const parts = [this.#buffer];
    let length = this.#buffer.length;
    while (length < wanted) {
      const chunk = source.readSync(Math.min(wanted - length, portion));
      if (chunk.length === 0) break;
      parts.push(chunk);
      length += chunk.length;
    }
    this.#buffer = parts.length === 1 ? this.#buffer : Buffer.concat(parts, length);
    return length;
  }

  #take(size: number): Buffer {
    const taken = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    return taken;
  }
}

/**
 * `wsgi.input`: the request body as a file that ends after CONTENT_LENGTH bytes (PEP 3333, "Input and Error Streams").
 * Reading blocks, as in Python, where the body has not come in whole; the asynchronous ways do not.
 */
import { AsyncResource } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { applicationErrors as errors } from '../errors/application.js';
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
  /** Bytes that have come from the source. */
  #received = 0;
  #streaming = false;

  constructor(body: Buffer | null, source: BodySource | null) {
    this.#buffer = body ?? empty;
    this.#source = source;
  }

  read(size?: number): Buffer {
    const most = limit(size);
    if (
      this.#buffer.length < most &&
      typeof this.#source?.length === 'number' &&
      this.#source.readInto !== undefined
    )
      return this.#readInto(this.#source, most);
    return this.#take(Math.min(this.#fill(most), most));
  }

  readline(size?: number): Buffer {
    const most = limit(size);
    const parts: Buffer[] = [];
    try {
      for (let length = 0; ; ) {
        const part = this.#take(lineEnd(this.#buffer, most - length));
        parts.push(part);
        length += part.length;
        if (length >= most || part.at(-1) === newline || this.#fill(1) === 0) break;
      }
    } catch (error) {
      this.#buffer = Buffer.concat([...parts, this.#buffer]);
      throw error;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
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
    if (this.#streaming) throw errors.inputStreaming();
    this.#streaming = true;
    try {
      if (this.#buffer.length > 0) yield this.#take(this.#buffer.length);
      for (let chunk = await this.#next(); chunk !== null; chunk = await this.#next()) yield chunk;
    } finally {
      this.#streaming = false;
    }
  }

  stream(): Readable {
    return Readable.from(this, { objectMode: false });
  }

  /** For an adapter that streams the body itself: no byte of it is still to come from the peer. */
  get isWhole(): boolean {
    return this.#source === null;
  }

  /**
   * Calls back once, with the next bytes or with null at the end; at once where they are here already. With null the
   * first argument says whether the peer went away before the body was complete.
   */
  next(onChunk: (aborted: boolean, chunk: Buffer | null) => void): void {
    this.#streaming = true;
    const source = this.#source;
    if (this.#buffer.length > 0) onChunk(false, this.#take(this.#buffer.length));
    else if (source === null || this.#received === source.length) onChunk(false, null);
    else {
      const answer = (chunk: Buffer | null) => {
        if (chunk !== null) this.#received += chunk.length;
        onChunk(chunk === null && (source.aborted || source.length !== null), chunk);
      };
      // Bound: it is the reader's AsyncLocalStorage that `data` and `end` are to find.
      source.read(AsyncResource.bind(answer));
    }
  }

  /** Blocks until `wanted` bytes are buffered or the body ends; returns how many there are. */
  #fill(wanted: number): number {
    let length = this.#buffer.length;
    if (this.#source === null || length >= wanted) return length;
    const parts = [this.#buffer];
    try {
      for (let chunk = this.#nextSync(); chunk !== null; chunk = length < wanted ? this.#nextSync() : null) {
        parts.push(chunk);
        length += chunk.length;
      }
    } finally {
      // After a time-out, too: who tries again goes on where the bytes stopped coming.
      if (parts.length > 1) this.#buffer = Buffer.concat(parts, length);
    }
    return length;
  }

  /** `read` without a copy: the bytes go straight to where they are handed out. */
  #readInto(source: BodySource, most: number): Buffer {
    if (this.#streaming) throw errors.inputStreaming();
    const left = source.length! - this.#received;
    const target = Buffer.allocUnsafe(Math.min(most, this.#buffer.length + left));
    let at = this.#buffer.copy(target);
    this.#buffer = empty;
    try {
      while (at < target.length) {
        const count = source.readInto!(target, at);
        if (count === 0) throw errors.inputAborted();
        at += count;
        this.#received += count;
      }
    } catch (error) {
      this.#buffer = target.subarray(0, at);
      throw error;
    }
    return target;
  }

  /** Null at the end. As much as there is, whatever was asked for: a system call for each byte of a line is too many. */
  #nextSync(): Buffer | null {
    const source = this.#source;
    if (source === null || this.#received === source.length) return null;
    if (this.#streaming) throw errors.inputStreaming();
    if (source.readSync === undefined) throw errors.inputAsyncOnly();
    const chunk = source.readSync(portion);
    return this.#receive(source, chunk.length === 0 ? null : chunk);
  }

  async #next(): Promise<Buffer | null> {
    const source = this.#source;
    if (source === null || this.#received === source.length) return null;
    return this.#receive(source, await new Promise<Buffer | null>((resolve) => source.read(resolve)));
  }

  /** Tells the end of the body from the end of what came of it. */
  #receive(source: BodySource, chunk: Buffer | null): Buffer | null {
    if (chunk !== null) this.#received += chunk.length;
    else if (source.aborted || source.length !== null) throw errors.inputAborted();
    return chunk;
  }

  #take(size: number): Buffer {
    const taken = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    return taken;
  }
}

/** None, or a negative one as in Python: no limit. */
function limit(size: number | null | undefined): number {
  return size === undefined || size === null || size < 0 ? Number.POSITIVE_INFINITY : size;
}

/** How many of the first `most` bytes belong to the first line. */
function lineEnd(bytes: Buffer, most: number): number {
  const searched = bytes.subarray(0, most);
  const at = searched.indexOf(newline);
  return at < 0 ? searched.length : at + 1;
}

/** A request body that comes in pieces: as large as the test wants them, then an end, a silence, or no peer any more. */
import type { BodySource } from '../../../src/wsgi/body-source.js';

export interface SourceOptions {
  /** Bytes of each piece, in turn, the last one for all that follow. Default: everything at once. */
  pieces?: number[];
  /** What the request says; the size of the body by default. */
  length?: number | null;
  /** Thrown, once, by the sync reader where the bytes run out. */
  stops?: Error;
  /** The peer is gone where the bytes run out. */
  aborted?: boolean;
}

export class FakeSource implements BodySource {
  readonly length: number | null;
  aborted = false;
  /** What was asked for, in bytes, by sync readers. */
  readonly asked: number[] = [];
  reads = 0;

  readonly #bytes: Buffer;
  readonly #options: SourceOptions;
  #at = 0;
  #turn = 0;
  #stopped = false;

  constructor(bytes: Buffer, options: SourceOptions = {}) {
    this.#bytes = bytes;
    this.#options = options;
    this.length = options.length === undefined ? bytes.length : options.length;
  }

  read(onChunk: (chunk: Buffer | null) => void): void {
    this.reads++;
    const piece = this.#take(Number.POSITIVE_INFINITY);
    setImmediate(onChunk, piece.length === 0 ? null : piece);
  }

  readSync(max: number): Buffer {
    this.asked.push(max);
    const piece = this.#take(max);
    if (piece.length === 0 && this.#options.stops !== undefined && !this.#stopped) {
      this.#stopped = true;
      throw this.#options.stops;
    }
    return piece;
  }

  onGone(): void {}

  #take(max: number): Buffer {
    const { pieces = [Number.POSITIVE_INFINITY], aborted = false } = this.#options;
    const size = pieces[Math.min(this.#turn++, pieces.length - 1)]!;
    const piece = this.#bytes.subarray(this.#at, this.#at + Math.min(size, max));
    this.#at += piece.length;
    if (piece.length === 0) this.aborted = aborted;
    return piece;
  }
}

/** One that cannot block, as over HTTP/2 or in a browser. */
export function asyncOnly(source: FakeSource): BodySource {
  return {
    get aborted() {
      return source.aborted;
    },
    length: source.length,
    read: (onChunk) => source.read(onChunk),
    onGone: () => {},
  };
}

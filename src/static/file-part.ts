/** A file, or a part of it, as the body of a response. */
import { closeSync, readSync } from 'node:fs';
import type { FileLike } from '../wsgi/file-wrapper.js';

/** Whatever becomes of the file while it is sent, the response is as long as it was said to be, or breaks off. */
export class FilePart implements FileLike {
  #at: number;
  readonly #end: number;

  constructor(
    readonly fd: number,
    readonly position: number,
    length: number,
  ) {
    this.#at = position;
    this.#end = position + length;
  }

  read(size: number): Uint8Array {
    const block = Buffer.allocUnsafe(Math.min(size, this.#end - this.#at));
    const got = readSync(this.fd, block, 0, block.length, this.#at);
    this.#at += got;
    return block.subarray(0, got);
  }

  close(): void {
    closeSync(this.fd);
  }
}

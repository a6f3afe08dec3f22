/**
 * `wsgi.file_wrapper`: an open file as a response body (PEP 3333, "Optional Platform-Specific File Handling").
 */
import type { Chunk } from './types.js';

/** What PEP 3333 asks of a file: `read(size)`, empty at the end; `close()` is called when the response is over. */
export interface FileLike {
  read(size: number): Chunk;
  close?(): void;
}

export class FileWrapper implements Iterable<Chunk> {
  readonly #file: FileLike;
  readonly #blockSize: number;

  constructor(file: FileLike, blockSize: number) {
    this.#file = file;
    this.#blockSize = blockSize;
  }

  *[Symbol.iterator](): Iterator<Chunk> {
    for (;;) {
      const block = this.#file.read(this.#blockSize);
      // Only an empty chunk ends the file; what is no chunk at all (a promise) is refused where it arrives.
      if (block?.length === 0) return;
      yield block;
    }
  }

  close(): void {
    this.#file.close?.();
  }
}

/** @param blockSize bytes of one read; 64 KiB by default */
export function fileWrapper(file: FileLike, blockSize = 65536): FileWrapper {
  return new FileWrapper(file, blockSize);
}

/**
 * `wsgi.file_wrapper`: an open file as a response body (PEP 3333, "Optional Platform-Specific File Handling").
 */
import { closeSync, readSync } from 'node:fs';
import type { Chunk } from './types.js';

/** What PEP 3333 asks of a file: `read(size)`, empty at the end; `close()` is called when the response is over. */
export interface FileLike {
  read(size: number): Chunk;
  close?(): void;
  /** An open descriptor, at the position where the body begins: the server then sends the file without reading it. */
  readonly fd?: number;
  /** Bytes; where the body begins instead. */
  readonly position?: number;
}

/** `fs.promises.FileHandle`: its own `read` is another one. */
interface Handle {
  readonly fd: number;
  readFile(): Promise<unknown>;
  close(): Promise<void>;
}

export class FileWrapper implements Iterable<Chunk> {
  readonly #file: FileLike;
  readonly #blockSize: number;

  constructor(file: FileLike, blockSize: number) {
    this.#file = file;
    this.#blockSize = blockSize;
  }

  /** What the server may send by itself; null where the file has to be read. */
  get descriptor(): number | null {
    return this.#file.fd ?? null;
  }

  get position(): number | undefined {
    return this.#file.position;
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

/**
 * @param file      something with `read(size)`, a descriptor (closed at the end), or a FileHandle of fs.promises
 * @param blockSize bytes of one read; 64 KiB by default
 */
export function fileWrapper(file: FileLike | number | Handle, blockSize = 65536): FileWrapper {
  if (typeof file === 'number')
    return new FileWrapper(
      descriptorFile(file, () => closeSync(file)),
      blockSize,
    );
  if ('readFile' in file)
    return new FileWrapper(
      descriptorFile(file.fd, () => void file.close()),
      blockSize,
    );
  return new FileWrapper(file, blockSize);
}

function descriptorFile(fd: number, close: () => void): FileLike {
  return {
    fd,
    close,
    read(size) {
      const block = Buffer.allocUnsafe(size);
      return block.subarray(0, readSync(fd, block, 0, size, null));
    },
  };
}

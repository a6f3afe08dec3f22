/**
 * `master-fifo`: named pipes that take commands of one letter each, with uWSGI's letters. Several may be configured; one
 * of them listens, and a digit says which from then on. Runs in the master; at the other end: `echo r > PATH`.
 */
import { constants, lstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { startErrors } from '../errors.js';

/** The piece of the addon this needs. */
export interface FifoMaker {
  /** mkfifo(3) with mode 0600. @throws Error with `code` */
  makeFifo(path: string): void;
}

export type Letters = Readonly<Record<string, () => void>>;

export class MasterFifo {
  readonly #paths: readonly string[];
  readonly #letters: Letters;
  readonly #native: FifoMaker;
  readonly #onProblem: (error: Error) => void;
  #pipe: Socket | null = null;

  /**
   * Makes the fifos that are not there, and listens on the first.
   * @param onProblem told when another one cannot be switched to; the one before listens on.
   * @throws {UwsgiNodeError} UWSGI_FIFO
   */
  constructor(
    paths: readonly string[],
    letters: Letters,
    native: FifoMaker,
    onProblem: (error: Error) => void,
  ) {
    this.#paths = paths.slice(0, 10);
    this.#letters = letters;
    this.#native = native;
    this.#onProblem = onProblem;
    for (const path of this.#paths) this.#make(path);
    if (paths.length > 0) this.#listen(0);
  }

  close(): void {
    this.#pipe?.destroy();
    this.#pipe = null;
  }

  #switchTo(slot: number): void {
    try {
      this.#listen(slot);
    } catch (error) {
      this.#onProblem(error as Error);
    }
  }

  #listen(slot: number): void {
    const path = this.#paths[slot];
    if (path === undefined) return;
    this.#make(path);
    const pipe = new Socket({ fd: open(path), readable: true, writable: false });
    this.close();
    this.#pipe = pipe;
    pipe.on('data', (bytes: Buffer) => this.#receive(bytes.toString('latin1')));
    pipe.on('error', () => pipe.destroy());
    // A server without workers has no other reason to live.
    pipe.unref();
  }

  #make(path: string): void {
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFIFO()) throw startErrors.notAFifo(path);
    try {
      if (there === undefined) this.#native.makeFifo(path);
    } catch (error) {
      throw startErrors.fifo(path, error as NodeJS.ErrnoException);
    }
  }

  #receive(text: string): void {
    for (const letter of text) {
      if (letter >= '0' && letter <= '9') this.#switchTo(Number(letter));
      else if (Object.hasOwn(this.#letters, letter)) this.#letters[letter]!();
    }
  }
}

/** For reading and writing: otherwise the pipe would end with its first writer. */
function open(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    throw startErrors.fifo(path, error as NodeJS.ErrnoException);
  }
}

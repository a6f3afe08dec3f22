/**
 * Files and folders that the kernel tells changes of, at once: `fs-reload`. Of a folder those of its entries are told, not what
 * is below those. Other than with TouchWatch, network file systems tell nothing of what others do. Runs in the master.
 */
import { type FSWatcher, watch } from 'node:fs';
import { fsMonitor as words } from '../log/triggers.js';

export interface FsWatchParts {
  onChange(path: string): void;
  log(...lines: string[]): void;
}

/** One save of an editor and one copied release are many changes: they are over when none has come for so long; milliseconds. */
const QUIET = 200;
/** No change is held back for longer, milliseconds. */
const PATIENCE = 2_000;
/** Between two attempts to find what is not there, milliseconds. */
const LOOK = 1_000;

export class FsWatch {
  readonly #path: string;
  readonly #parts: FsWatchParts;
  #watcher: FSWatcher | null = null;
  #again: NodeJS.Timeout | null = null;
  #quiet: NodeJS.Timeout | null = null;
  /** When the first of the changes came that are not told yet, performance.now(). */
  #changedAt: number | null = null;

  /** @param path absolute */
  constructor(path: string, parts: FsWatchParts) {
    this.#path = path;
    this.#parts = parts;
    const problem = this.#open();
    parts.log(problem === null ? words.registered(path) : words.unregistered(path, problem));
  }

  close(): void {
    this.#watcher?.close();
    if (this.#again !== null) clearTimeout(this.#again);
    if (this.#quiet !== null) clearTimeout(this.#quiet);
  }

  /** @returns why it cannot be watched now: it is tried again and again then. */
  #open(): string | null {
    this.#watcher?.close();
    this.#watcher = null;
    try {
      this.#watcher = watch(this.#path, { persistent: false });
    } catch (error) {
      this.#again = setTimeout(() => this.#openAgain(), LOOK).unref();
      return (error as Error).message;
    }
    this.#watcher.on('change', () => this.#changed());
    this.#watcher.on('error', () => this.#changed());
    return null;
  }

  /** That it is there is a change, too. */
  #openAgain(): void {
    if (this.#open() === null) this.#changed();
  }

  #changed(): void {
    const now = performance.now();
    this.#changedAt ??= now;
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    const wait = Math.min(QUIET, this.#changedAt + PATIENCE - now);
    this.#quiet = setTimeout(() => this.#tell(), Math.max(wait, 0)).unref();
  }

  #tell(): void {
    this.#changedAt = null;
    // Another file may have got this name, and what is watched is not a name but a file.
    this.#open();
    this.#parts.onChange(this.#path);
  }
}

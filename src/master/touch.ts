/**
 * Files that cause something when they are touched. Looked at again and again, as uWSGI does: that survives renames,
 * network file systems and containers, where change notifications do not come. Runs in the master.
 */
import { statSync } from 'node:fs';

export interface Watched {
  /** Absolute. */
  path: string;
  onTouch(path: string): void;
}

export class TouchWatch {
  readonly #files: (Watched & { seen: bigint | null })[];
  readonly #timer: NodeJS.Timeout | null;

  /** @param interval seconds between two looks. */
  constructor(files: readonly Watched[], interval: number) {
    this.#files = files.map((file) => ({ ...file, seen: modified(file.path) }));
    this.#timer = files.length === 0 ? null : setInterval(() => this.look(), interval * 1000);
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Looks now; it does so by itself, too. */
  look(): void {
    for (const file of this.#files) {
      const now = modified(file.path);
      if (now === file.seen) continue;
      file.seen = now;
      file.onTouch(file.path);
    }
  }
}

/** Nanoseconds; null while there is no such file. */
function modified(path: string): bigint | null {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? null;
  } catch {
    return null;
  }
}

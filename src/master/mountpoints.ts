/**
 * `check-mountpoint`: a server whose file system has gone (a FUSE program that died) ends, so that whoever watches it starts it
 * anew. statfs(2) is asked again and again; one that hangs is waited for. Runs in the master.
 */
import { statfs } from 'node:fs';
import { mountpoints as words } from '../log/triggers.js';

export interface MountpointsParts {
  /** Absolute. */
  paths: readonly string[];
  /** Seconds between two looks. */
  interval: number;
  /** Called once. */
  onFailure(path: string): void;
  log(...lines: string[]): void;
}

export class Mountpoints {
  readonly #parts: MountpointsParts;
  readonly #timer: NodeJS.Timeout | null;
  /** Those that are being asked. */
  readonly #asked = new Set<string>();
  #isOver = false;

  constructor(parts: MountpointsParts) {
    this.#parts = parts;
    this.#timer =
      parts.paths.length === 0 ? null : setInterval(() => this.#look(), parts.interval * 1_000).unref();
  }

  close(): void {
    this.#isOver = true;
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #look(): void {
    for (const path of this.#parts.paths) if (!this.#asked.has(path)) this.#ask(path);
  }

  #ask(path: string): void {
    this.#asked.add(path);
    statfs(path, (error) => {
      this.#asked.delete(path);
      if (error === null || this.#isOver) return;
      this.close();
      this.#parts.log(...words.failed(path, error.message));
      this.#parts.onFailure(path);
    });
  }
}

/**
 * A reload: the configuration is read again, new workers load the application, and when all of them are ready the old
 * ones finish and go. Whatever goes wrong on the way leaves the old workers serving. Runs in the master.
 */
import { UwsgiNodeError } from '../errors.js';
import { reloads } from '../log/startup.js';
import type { Life } from './worker-handle.js';

/** A new life that can still be given up. */
export interface Prepared {
  life: Life;
  /** The new workers are ready: what only the old ones used goes. Returns lines for the log. */
  commit(): string[];
  /** The old workers stay: what was made for the new ones goes. */
  rollBack(): void;
}

export interface ReloadParts {
  /** @throws {UwsgiNodeError} when the new configuration cannot be used; nothing has changed then. */
  prepare(): Promise<Prepared>;
  /** @returns whether the new workers serve. */
  replaceAll(life: Life, commit: () => void): Promise<boolean>;
  isStopping(): boolean;
  log(...lines: string[]): void;
}

export class Reloader {
  readonly #parts: ReloadParts;
  #isRunning = false;
  /** Why one more reload follows the one that runs. */
  #queued: string | null = null;

  constructor(parts: ReloadParts) {
    this.#parts = parts;
  }

  /**
   * Reloads now or, while a reload runs, once more after it: what it has read already may be out of date.
   * @param why the line that says what asked for it.
   */
  request(why: string): void {
    const { isStopping, log } = this.#parts;
    if (isStopping()) return;
    log(why);
    if (!this.#isRunning) {
      void this.#run();
      return;
    }
    if (this.#queued === null) log(reloads.queued);
    this.#queued = why;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    do {
      this.#queued = null;
      await this.#reload();
    } while (this.#queued !== null && !this.#parts.isStopping());
    this.#isRunning = false;
  }

  async #reload(): Promise<void> {
    const { prepare, replaceAll, isStopping, log } = this.#parts;
    let prepared: Prepared;
    try {
      prepared = await prepare();
    } catch (error) {
      log(...reasonLines(error), reloads.refused);
      return;
    }
    if (await replaceAll(prepared.life, () => log(...prepared.commit()))) return;
    prepared.rollBack();
    if (!isStopping()) log(reloads.abandoned);
  }
}

/** Of our own errors the message says everything. */
function reasonLines(error: unknown): string[] {
  const text = error instanceof UwsgiNodeError ? error.message : ((error as Error).stack ?? String(error));
  return text.split('\n').map((line) => `uwsgi-node: ${line}`);
}

/**
 * A reload: new workers load the application, and when all of them are ready the old ones finish and go. Whatever goes
 * wrong on the way leaves the old workers serving. One at a time. Runs in the master.
 */
import { UwsgiNodeError } from '../errors.js';
import { reloads } from '../log/startup.js';
import type { Life } from './worker-handle.js';

/**
 * - `full`: the configuration is read again, then all workers are exchanged together.
 * - `brutal`: the same; the old workers are killed in the end.
 * - `workers`, `workers-brutal`: without the configuration.
 * - `chain`: without the configuration, one worker after the other.
 */
export type ReloadKind = 'full' | 'brutal' | 'workers' | 'workers-brutal' | 'chain';

/** A new life that can still be given up. */
export interface Prepared {
  life: Life;
  /** The new workers are ready: what only the old ones used goes. Returns lines for the log. */
  commit(): string[];
  /** The old workers stay: what was made for the new ones goes. */
  rollBack(): void;
}

/** What is reloaded: the master. */
export interface Workforce {
  readonly isStopping: boolean;
  /** What workers are started with now. */
  readonly life: Life;
  /** @returns whether the new workers serve. */
  replaceAll(life: Life, commit: () => void, isBrutal: boolean): Promise<boolean>;
  replaceInTurn(): Promise<boolean>;
}

export interface ReloadParts {
  workforce: Workforce;
  /** @throws {UwsgiNodeError} when the new configuration cannot be used; nothing has changed then. */
  prepare(): Promise<Prepared>;
  log(...lines: string[]): void;
  /** Told when a reload begins, and when it and those that were queued behind it are over. */
  onRunning?(isRunning: boolean): void;
}

export class Reloader {
  readonly #parts: ReloadParts;
  #isRunning = false;
  /** What follows the reload that runs. */
  #queued: ReloadKind | null = null;

  constructor(parts: ReloadParts) {
    this.#parts = parts;
  }

  /**
   * Reloads now or, while a reload runs, once more after it: what it has read already may be out of date.
   * @param why the line that says what asked for it.
   */
  request(why: string, kind: ReloadKind = 'full'): void {
    const { workforce, log } = this.#parts;
    if (workforce.isStopping) return;
    log(why);
    if (!this.#isRunning) {
      void this.#run(kind);
      return;
    }
    if (this.#queued === null) log(reloads.queued);
    // Reading the configuration includes what the other kinds do.
    if (this.#queued !== 'full' && this.#queued !== 'brutal') this.#queued = kind;
  }

  async #run(first: ReloadKind): Promise<void> {
    this.#setRunning(true);
    for (let kind: ReloadKind | null = first; kind !== null && !this.#parts.workforce.isStopping; ) {
      this.#queued = null;
      await this.#reload(kind);
      kind = this.#queued;
    }
    this.#setRunning(false);
  }

  #setRunning(isRunning: boolean): void {
    this.#isRunning = isRunning;
    this.#parts.onRunning?.(isRunning);
  }

  async #reload(kind: ReloadKind): Promise<void> {
    const { workforce, log } = this.#parts;
    if (kind === 'chain') {
      log(reloads.chain);
      const isDone = await workforce.replaceInTurn();
      if (!workforce.isStopping) log(isDone ? reloads.chainDone : reloads.chainBroken);
      return;
    }
    const prepared = await this.#prepare(kind);
    if (prepared === null) return;
    const isBrutal = kind === 'brutal' || kind === 'workers-brutal';
    if (await workforce.replaceAll(prepared.life, () => log(...prepared.commit()), isBrutal)) return;
    prepared.rollBack();
    if (!workforce.isStopping) log(reloads.abandoned);
  }

  async #prepare(kind: ReloadKind): Promise<Prepared | null> {
    const { workforce, prepare, log } = this.#parts;
    if (kind !== 'full' && kind !== 'brutal') {
      return { life: workforce.life, commit: () => [], rollBack: () => {} };
    }
    try {
      return await prepare();
    } catch (error) {
      // Of a server that stops nobody asks any more; and an exec is refused because it does.
      if (!workforce.isStopping) log(...reasonLines(error), reloads.refused);
      return null;
    }
  }
}

/** Of our own errors the message says everything. */
function reasonLines(error: unknown): string[] {
  const text = error instanceof UwsgiNodeError ? error.message : ((error as Error).stack ?? String(error));
  return text.split('\n').map((line) => `uwsgi-node: ${line}`);
}

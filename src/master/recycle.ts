/**
 * Replaces workers that have served enough, lived long enough or grown too large, one at a time and as gracefully as a
 * reload does: the new one loads while the old one serves. Runs in the master, which looks every `check-interval`,
 * and when a worker says that it has had its share.
 */
import { maxRequestsOf, type Settings } from '../config/settings.js';
import { recycling } from '../log/startup.js';
import { residentMemory } from './memory.js';
import type { Score } from './scoreboard.js';

/** The piece of a worker handle that is used. */
export interface Recyclable {
  readonly id: number;
  readonly pid: number | null;
  /** Milliseconds since it was ready. */
  readonly age: number | null;
  readonly isSpoiled: boolean;
  readonly score: Pick<Score, 'finished' | 'open'> | null;
  kill(): void;
}

export interface RecycleParts {
  settings(): Settings;
  /** The workers that serve; none while others are being exchanged. */
  workers(): readonly Recyclable[];
  /** @returns whether another serves in its place. */
  replace(id: number): Promise<boolean>;
  log(...lines: string[]): void;
  /** Resident memory of a process, bytes; null when it has gone. */
  memoryOf?(pid: number): number | null;
}

/** A worker whose successor could not serve is left alone for this long, milliseconds. */
const AFTER_FAILURE = 30_000;

export class Recycler {
  readonly #parts: RecycleParts;
  readonly #memoryOf: (pid: number) => number | null;
  readonly #timer: NodeJS.Timeout;
  #isBusy = false;
  #notBefore = 0;

  constructor(parts: RecycleParts) {
    this.#parts = parts;
    this.#memoryOf = parts.memoryOf ?? residentMemory;
    this.#timer = setInterval(() => this.look(), parts.settings().checkInterval * 1000);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Replaces the first worker that has reached a limit, unless one is being replaced. */
  look(): void {
    const settings = this.#parts.settings();
    const workers = this.#parts.workers();
    for (const worker of workers) this.#killIfHuge(worker, settings);
    if (this.#isBusy || performance.now() < this.#notBefore) return;
    for (const worker of workers) {
      const why = this.#reasonToReplace(worker, settings);
      if (why === null) continue;
      void this.#replace(worker, why);
      return;
    }
  }

  async #replace({ id }: Recyclable, why: string): Promise<void> {
    this.#parts.log(why);
    this.#isBusy = true;
    const isDone = await this.#parts.replace(id);
    this.#isBusy = false;
    if (isDone) this.look();
    else this.#notBefore = performance.now() + AFTER_FAILURE;
  }

  #killIfHuge(worker: Recyclable, { evilReloadOnRss }: Settings): void {
    if (evilReloadOnRss === 0 || worker.pid === null) return;
    const memory = this.#memoryOf(worker.pid) ?? 0;
    if (memory < evilReloadOnRss * MEGABYTE) return;
    this.#parts.log(recycling.evil(worker.id, worker.pid, memory));
    worker.kill();
  }

  #reasonToReplace({ id, pid, age, score, isSpoiled }: Recyclable, settings: Settings): string | null {
    if (pid === null || age === null || age < settings.minWorkerLifetime * 1000) return null;
    if (isSpoiled) return recycling.exception(id, pid);
    const { maxWorkerLifetime, reloadOnRss } = settings;
    const requests = maxRequestsOf(settings, id) ?? Number.POSITIVE_INFINITY;
    // Those that it has begun: it finishes them before it goes.
    if (score !== null && score.finished + score.open >= requests) return recycling.requests(id, pid);
    const lifetime = maxWorkerLifetime + settings.maxWorkerLifetimeDelta * (id - 1);
    if (maxWorkerLifetime > 0 && age >= lifetime * 1000) return recycling.lifetime(id, age);
    if (reloadOnRss === 0) return null;
    const memory = this.#memoryOf(pid) ?? 0;
    return memory >= reloadOnRss * MEGABYTE ? recycling.memory(id, pid, memory) : null;
  }
}

const MEGABYTE = 1024 * 1024;

/**
 * The last resort of harakiri, in the master: a worker in which a thread hangs, and whose control thread, which should
 * end it (src/worker/harakiri.ts), does not do so either. Then the process is killed, as uWSGI does at once.
 */
import { harakiri as lines, stuckLines } from '../log/harakiri.js';
import type { CoreWatch } from '../stats/core-score.js';
import type { CoreActivity } from '../stats/snapshot.js';

/** Milliseconds between two looks. */
const LOOK = 1_000;
/** A control thread that has not looked after its threads for so long does not answer; it does so four times a second. */
const SILENT = 3_000;
/** One that does look has so long to stop, answer, end and, if need be, kill; milliseconds. */
const LATEST = 20_000;

/** The piece of a worker handle that is used. */
export interface Guarded {
  readonly id: number;
  readonly pid: number | null;
  readonly cores: CoreActivity[];
  /** Of each core. */
  readonly watches: CoreWatch[];
  kill(): void;
}

export interface HarakiriGuardParts {
  /** Every worker there is; null while they rest. */
  workers(): Iterable<Guarded> | null;
  /** CLOCK_MONOTONIC, milliseconds. */
  monotonic(): number;
  /** `harakiri-queue-threshold`: whether too few connections wait for the place of a request that takes too long. */
  rests(): boolean;
  /** To be told to all threads. */
  rest(rests: boolean): void;
  log(...lines: string[]): void;
}

export class HarakiriGuard {
  readonly #parts: HarakiriGuardParts;
  readonly #timer: NodeJS.Timeout;
  /** Workers that have rested get the time to wake up. */
  #notBefore = 0;

  constructor(parts: HarakiriGuardParts) {
    this.#parts = parts;
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const rests = this.#parts.rests();
    this.#parts.rest(rests);
    if (rests) return;
    const now = this.#parts.monotonic();
    const workers = this.#parts.workers();
    if (workers === null) this.#notBefore = now + SILENT;
    else if (now >= this.#notBefore) for (const worker of workers) this.#guard(worker, now);
  }

  #guard(worker: Guarded, now: number): void {
    const core = worker.watches.findIndex(({ deadline, watched }) => {
      if (deadline === 0 || now < deadline + SILENT) return false;
      return now > watched + SILENT || now > deadline + LATEST;
    });
    if (core < 0 || worker.pid === null) return;
    const busy = worker.cores.flatMap(({ id, current }) =>
      current === null ? [] : { core: id, note: current, age: current.age },
    );
    this.#parts.log(...stuckLines(worker.id, worker.pid, core, busy), lines.noControl(worker.id, worker.pid));
    worker.kill();
  }
}

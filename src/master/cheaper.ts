/**
 * `cheaper`: as many workers as the load needs, between `cheaper` and `processes`. Looks once a second, asks the algorithm,
 * keeps to the bounds of number and memory, and chooses who goes. Runs in the master.
 */
import type { Settings } from '../config/settings.js';
import { cheaper as words } from '../log/cheaper.js';
import type { Algorithm, Decision, Sample } from './cheaper/algorithm.js';
import { algorithmOf } from './cheaper/algorithms.js';
import { residentMemory } from './memory.js';
import type { Score } from './scoreboard.js';

/** The piece of a worker handle that is used. */
export interface Cheapable {
  readonly id: number;
  readonly pid: number | null;
  /** Milliseconds since it was ready; null before. */
  readonly age: number | null;
  readonly score: Pick<Score, 'open' | 'finished' | 'load'> | null;
}

export interface CheaperParts {
  settings(): Settings;
  /** The workers that run; null while it is not the time to decide: others are being exchanged, the server rests or stops. */
  workers(): readonly Cheapable[] | null;
  /** Connections that wait to be accepted. */
  waiting(): number;
  start(count: number): void;
  stop(id: number): void;
  log(...lines: string[]): void;
  /** Resident memory of a process, bytes; null when it has gone. */
  memoryOf?(pid: number): number | null;
}

/** Milliseconds between two looks. */
const INTERVAL = 1_000;

export class Cheaper {
  readonly #parts: CheaperParts;
  readonly #algorithm: Algorithm;
  readonly #memoryOf: (pid: number) => number | null;
  readonly #timer: NodeJS.Timeout | null;
  #isOverSoftLimit = false;

  constructor(parts: CheaperParts) {
    this.#parts = parts;
    this.#memoryOf = parts.memoryOf ?? residentMemory;
    this.#algorithm = algorithmOf(parts.settings());
    this.#timer = parts.settings().cheaper > 0 ? setInterval(() => this.#look(), INTERVAL) : null;
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #look(): void {
    const workers = this.#parts.workers();
    if (workers === null || workers.length === 0) return;
    if (this.#obeyHardLimit(workers)) return;
    const sample = this.#sample(workers);
    this.#do(this.#algorithm.decide(sample), sample, workers);
  }

  #sample(workers: readonly Cheapable[]): Sample {
    const { cheaper, processes } = this.#parts.settings();
    return {
      running: workers.length,
      load: workers.reduce((sum, { score }) => sum + (score?.load ?? 0), 0),
      waiting: this.#parts.waiting(),
      startable: this.#isLimited(workers) ? 0 : Math.max(0, processes - workers.length),
      stoppable: workers.length > cheaper,
    };
  }

  #do({ start = 0, stop = false, why }: Decision, sample: Sample, workers: readonly Cheapable[]): void {
    if (why !== undefined) this.#parts.log(why);
    const more = Math.min(start, sample.startable);
    if (more > 0) this.#parts.start(more);
    else if (stop && sample.stoppable) this.#parts.stop(mostDispensable(workers).id);
  }

  #memory(workers: readonly Cheapable[]): number {
    return workers.reduce((sum, { pid }) => sum + (pid === null ? 0 : (this.#memoryOf(pid) ?? 0)), 0);
  }

  #isLimited(workers: readonly Cheapable[]): boolean {
    const { cheaperRssLimitSoft: limit } = this.#parts.settings();
    if (limit === 0) return false;
    const memory = this.#memory(workers);
    const isOver = memory >= limit;
    if (isOver && !this.#isOverSoftLimit) this.#parts.log(words.softLimit(memory, limit));
    this.#isOverSoftLimit = isOver;
    return isOver;
  }

  #obeyHardLimit(workers: readonly Cheapable[]): boolean {
    const { cheaper, cheaperRssLimitHard: limit } = this.#parts.settings();
    if (limit === 0 || workers.length <= cheaper) return false;
    const memory = this.#memory(workers);
    if (memory < limit) return false;
    const { id } = mostDispensable(workers);
    this.#parts.log(words.hardLimit(id, memory, limit));
    this.#parts.stop(id);
    return true;
  }
}

/** How many workers to begin with. */
export function initialWorkers({ cheaper, cheaperInitial, processes }: Settings): number {
  return cheaper === 0 ? processes : (cheaperInitial ?? cheaper);
}

/** Who has the fewest requests; among them the oldest, whose memory has grown the longest. */
export function mostDispensable(workers: readonly Cheapable[]): Cheapable {
  const open = (worker: Cheapable) => worker.score?.open ?? 0;
  // One that still loads comes last: it was wanted a moment ago.
  const age = (worker: Cheapable) => worker.age ?? Number.NEGATIVE_INFINITY;
  return workers.reduce((best, each) => {
    if (each.age === null || best.age === null) return age(each) > age(best) ? each : best;
    return open(each) < open(best) || (open(each) === open(best) && age(each) > age(best)) ? each : best;
  });
}

/** The master's side of the scoreboard: it makes it, hands out rows to workers, and reads what they wrote there. */
import { type NativeScoreboard, Score as ScoreIndex } from '../native-scoreboard.js';
import {
  type CoreScore,
  type CoreWatch,
  type RequestNote,
  readCore,
  readNote,
  readOldest,
  readWatch,
  type ScoreReader,
} from '../stats/core-score.js';
import { addTally, emptyTally, type MeterReader, readTally, readVitals, type Tally } from '../stats/tally.js';
import type { Vitals } from '../stats/vitals.js';

type Native = ScoreReader &
  MeterReader &
  Pick<NativeScoreboard, 'createScoreboard' | 'mapScoreboard' | 'clearScores'>;

/** A row per JS thread; old and new workers of a reload overlap. Rows that are never used cost no memory. */
const SIZE = 65_536;

/** What the threads of one worker have done. */
export interface Score {
  /** Finished requests. */
  finished: number;
  /** Requests with the application. */
  open: number;
  /** Threads that have a request. */
  busy: number;
  /** Of responses, heads and bodies. */
  bytes: number;
  /** Microseconds that the finished requests took, added up. */
  runningTime: number;
  exceptions: number;
  readErrors: number;
  writeErrors: number;
  harakiris: number;
  /** Share of the last second that its threads were at work, 0-1; threads that only wait are not. */
  load: number;
}

/** The rows of one life of a worker. */
export interface Rows {
  readonly first: number;
  readonly boardSize: number;
  /** All threads together. */
  read(): Score;
  /** Each thread by itself. */
  cores(): CoreScore[];
  /** The request that a thread got last. @param core 0-based */
  note(core: number): RequestNote | null;
  /** The request that a thread has last told to be the oldest one. @param core 0-based */
  oldest(core: number): RequestNote | null;
  /** What a thread last told of itself; null: nothing yet. @param core 0-based */
  vitals(core: number): Vitals | null;
  /** The worker has gone: others may have them. */
  release(): void;
  /** By when each thread must have turned, for harakiri. */
  watches(): CoreWatch[];
}

interface Range {
  readonly first: number;
  readonly end: number;
  readonly workerId: number;
}

export class Scoreboard {
  readonly fd: number;
  readonly #native: Native;
  readonly #taken: Range[] = [];
  /** What workers that have gone have done, by number and thread. */
  readonly #past = new Map<number, Tally[]>();
  readonly #numbers = new Float64Array(ScoreIndex.length);

  /** @throws Error when the kernel refuses. */
  constructor(native: Native) {
    this.#native = native;
    this.fd = native.createScoreboard(SIZE);
    native.mapScoreboard(this.fd, SIZE);
  }

  /** Clear rows for a worker with `count` threads; null when too few are left. */
  take(count: number, workerId: number): Rows | null {
    let first = 0;
    let at = 0;
    for (; at < this.#taken.length && this.#taken[at]!.first < first + count; at += 1) {
      first = this.#taken[at]!.end;
    }
    if (first + count > SIZE) return null;
    const range = { first, end: first + count, workerId };
    this.#taken.splice(at, 0, range);
    this.#native.clearScores(first, count);
    return {
      first,
      boardSize: SIZE,
      read: () => total(this.#cores(range)),
      cores: () => this.#cores(range),
      note: (core) => readNote(this.#native, first + core),
      oldest: (core) => readOldest(this.#native, first + core),
      watches: () => this.#watches(range),
      vitals: (core) => readVitals(this.#native, first + core),
      release: () => this.#release(range),
    };
  }

  /** By thread: what all workers of this number have done so far, those that have gone too. */
  tallies(workerId: number): Tally[] {
    const tallies = (this.#past.get(workerId) ?? []).map(copyOf);
    for (const range of this.#taken) if (range.workerId === workerId) this.#add(tallies, range);
    return tallies;
  }

  /** What all workers have done so far, those that have gone too. */
  tally(): Tally {
    const ids = new Set([...this.#past.keys(), ...this.#taken.map(({ workerId }) => workerId)]);
    const sum = emptyTally();
    for (const id of ids) for (const tally of this.tallies(id)) addTally(sum, tally);
    return sum;
  }

  #release(range: Range): void {
    const index = this.#taken.indexOf(range);
    if (index < 0) return;
    this.#taken.splice(index, 1);
    const past = this.#past.get(range.workerId) ?? [];
    this.#add(past, range);
    this.#past.set(range.workerId, past);
  }

  #add(tallies: Tally[], range: Range): void {
    this.#cores(range).forEach((score, core) => {
      tallies[core] ??= emptyTally();
      addTally(tallies[core], readTally(this.#native, range.first + core, score));
    });
  }

  #watches({ first, end }: Range): CoreWatch[] {
    return Array.from({ length: end - first }, (_, core) =>
      readWatch(this.#native, first + core, this.#numbers),
    );
  }

  #cores({ first, end }: Range): CoreScore[] {
    return Array.from({ length: end - first }, (_, core) =>
      readCore(this.#native, first + core, this.#numbers),
    );
  }
}

function copyOf(tally: Tally): Tally {
  const copy = emptyTally();
  addTally(copy, tally);
  return copy;
}

function total(cores: readonly CoreScore[]): Score {
  const sum = (field: keyof CoreScore) => cores.reduce((all, core) => all + core[field], 0);
  return {
    finished: sum('finished'),
    open: sum('open'),
    busy: cores.filter(({ open }) => open > 0).length,
    bytes: sum('bytes'),
    runningTime: sum('runningTime'),
    exceptions: sum('exceptions'),
    readErrors: sum('readErrors'),
    writeErrors: sum('writeErrors'),
    harakiris: sum('harakiris'),
    load: sum('load') / cores.length,
  };
}

/** The master's side of the scoreboard: it makes it, hands out rows to workers, and reads what they wrote there. */
import type { NativeScoreboard } from '../native.js';

type Native = Pick<NativeScoreboard, 'createScoreboard' | 'mapScoreboard' | 'readScore' | 'clearScores'>;

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
  /** Of response bodies. */
  bytes: number;
}

/** The rows of one life of a worker. */
export interface Rows {
  readonly first: number;
  readonly boardSize: number;
  read(): Score;
  /** The worker has gone: others may have them. */
  release(): void;
}

export class Scoreboard {
  readonly fd: number;
  readonly #native: Native;
  readonly #taken: { first: number; end: number }[] = [];
  readonly #numbers = new Float64Array(4);

  /** @throws Error when the kernel refuses. */
  constructor(native: Native) {
    this.#native = native;
    this.fd = native.createScoreboard(SIZE);
    native.mapScoreboard(this.fd, SIZE);
  }

  /** Clear rows for a worker with `count` threads; null when too few are left. */
  take(count: number): Rows | null {
    let first = 0;
    let at = 0;
    for (; at < this.#taken.length && this.#taken[at]!.first < first + count; at += 1) {
      first = this.#taken[at]!.end;
    }
    if (first + count > SIZE) return null;
    const range = { first, end: first + count };
    this.#taken.splice(at, 0, range);
    this.#native.clearScores(first, count);
    return {
      first,
      boardSize: SIZE,
      read: () => this.#read(range),
      release: () => {
        const index = this.#taken.indexOf(range);
        if (index >= 0) this.#taken.splice(index, 1);
      },
    };
  }

  #read({ first, end }: { first: number; end: number }): Score {
    const score: Score = { finished: 0, open: 0, busy: 0, bytes: 0 };
    for (let row = first; row < end; row += 1) {
      this.#native.readScore(row, this.#numbers);
      const [begun = 0, finished = 0, bytes = 0] = this.#numbers;
      // The two are read one after the other.
      const open = Math.max(0, begun - finished);
      score.finished += finished;
      score.open += open;
      score.busy += open > 0 ? 1 : 0;
      score.bytes += bytes;
    }
    return score;
  }
}

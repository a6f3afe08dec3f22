/**
 * `max-requests`, where requests are served: the thread that takes the worker's last one says so at once, and the master
 * need not find out by looking. Reads what all threads of the worker have been handed, which the scoreboard has anyway.
 */
import { type NativeScoreboard, Score } from '../native.js';

export interface QuotaParts {
  /** Of all threads together. */
  limit: number;
  /** Rows of the scoreboard: those of the worker's threads. */
  first: number;
  count: number;
  scores: Pick<NativeScoreboard, 'readScore'>;
  /** Called once. */
  onReached(): void;
}

export class RequestQuota {
  readonly #parts: QuotaParts;
  readonly #numbers = new Float64Array(Score.length);
  #isReached = false;

  constructor(parts: QuotaParts) {
    this.#parts = parts;
  }

  /** To be called with every request, when it has been counted. */
  look(): void {
    const { limit, first, count, scores, onReached } = this.#parts;
    if (this.#isReached) return;
    let requests = 0;
    for (let row = first; row < first + count; row += 1) {
      scores.readScore(row, this.#numbers);
      requests += this.#numbers[Score.requests]!;
    }
    if (requests < limit) return;
    this.#isReached = true;
    onReached();
  }
}

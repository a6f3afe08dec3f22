/**
 * `max-requests`, where requests are served: the thread that takes the worker's last one says so at once, and the master
 * need not find out by looking. Reads what all threads of the worker have been handed, which the scoreboard has anyway.
 */
import type { NativeScoreboard } from '../native-scoreboard.js';

export interface QuotaParts {
  /** Of all threads together. */
  limit: number;
  /** Rows of the scoreboard: those of the worker's threads. */
  first: number;
  count: number;
  scores: Pick<NativeScoreboard, 'requestsOf'>;
  /** Called once. */
  onReached(): void;
}

export class RequestQuota {
  readonly #parts: QuotaParts;
  #isReached = false;

  constructor(parts: QuotaParts) {
    this.#parts = parts;
  }

  /** To be called with every request, when it has been counted. */
  look(): void {
    const { limit, first, count, scores, onReached } = this.#parts;
    if (this.#isReached || scores.requestsOf(first, count) < limit) return;
    this.#isReached = true;
    onReached();
  }
}

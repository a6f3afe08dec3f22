/**
 * How long to wait before something that died is started again: not at all after a long life, longer and longer when it
 * dies young again and again. One for each worker slot of the
 * master, each core of a worker, and each program beside the workers.
 */

/** A life shorter than this, counted from readiness, is a young death; milliseconds. */
export const YOUNG = 2_000;
/** Delay after the second young death in a row; it doubles from there. Milliseconds. */
export const FIRST_DELAY = 250;
/** No delay is longer than this by default, milliseconds. */
export const LONGEST_DELAY = 16_000;

export class Throttle {
  readonly #longest: number;
  #youngDeaths = 0;

  /** @param longest milliseconds */
  constructor(longest = LONGEST_DELAY) {
    this.#longest = longest;
  }

  /**
   * Counts a death.
   * @param lived milliseconds from readiness to death; null when it never became ready.
   * @returns milliseconds to wait before the next start; the first replacement is never delayed.
   */
  delayAfter(lived: number | null): number {
    this.#youngDeaths = lived !== null && lived >= YOUNG ? 0 : this.#youngDeaths + 1;
    if (this.#youngDeaths < 2) return 0;
    return Math.min(FIRST_DELAY * 2 ** (this.#youngDeaths - 2), this.#longest);
  }
}

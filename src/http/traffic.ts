/** Connections and unanswered requests of one HTTP front, and how it comes to an end. */

/**
 * How long a connection without a request is kept when the server stops, milliseconds. A client that has just connected,
 * or that sent its next request before it could know, would lose that one (seen at a handover: several clients of eight).
 */
const LAST_CALL = 100;

export class Traffic {
  /** Every response ends its connection. */
  closing: boolean;
  #connections = 0;
  #active = 0;
  #overloadTold = Number.NEGATIVE_INFINITY;
  #whenEmpty: () => void = () => {};
  #whenIdle: Array<() => void> = [];

  /** @param keepAlive whether connections carry more than one request */
  constructor(keepAlive: boolean) {
    this.closing = !keepAlive;
  }

  connected(): void {
    this.#connections += 1;
  }

  disconnected(): void {
    this.#connections -= 1;
    if (this.#connections === 0) this.#whenEmpty();
  }

  begin(): void {
    this.#active += 1;
  }

  /** Whether more than `limit` requests are unanswered. */
  exceeds(limit: number): boolean {
    return this.#active > limit;
  }

  /** Whether a refusal for that reason is news; not again within a second, for it comes in floods. */
  tellOverload(): boolean {
    const now = performance.now();
    if (now - this.#overloadTold < 1_000) return false;
    this.#overloadTold = now;
    return true;
  }

  finish(): void {
    this.#active -= 1;
    if (this.#active === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** To be called when no connection is accepted any more. Resolves when those without a request may be closed. */
  lastCall(): Promise<void> {
    this.closing = true;
    if (this.#connections === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenEmpty = resolve;
      // A busy thread may not have read for longer than that: what lies there by now is read in the next two polls.
      setTimeout(() => setImmediate(() => setImmediate(resolve)), LAST_CALL);
    });
  }

  /** Resolves when nothing is unanswered. */
  idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }
}

/** Connections and unanswered requests of one HTTP front, and how it comes to an end. */

/**
 * How long a connection without a request is kept when the server stops, milliseconds. A client that has just connected,
 * or that sent its next request before it could know, would lose that one (seen at a handover: several clients of eight).
 */
const LAST_CALL = 100;

/** A turn of the event loop that took longer may have kept a request waiting that came meanwhile, milliseconds. */
const SHORT_TURN = 1;
/** So many of those are waited out: there are loops that have no others. */
const LONG_TURNS = 3;

export class Traffic {
  /** Every response ends its connection. */
  closing: boolean;
  #connections = 0;
  #active = 0;
  #begun = 0;
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
    this.#begun += 1;
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

  /**
   * To be called when no connection is accepted any more. Resolves when those without a request may be closed: nothing is
   * unanswered, and nothing lies unread. What a client sends after that look reaches a closed connection, and is its to
   * repeat (RFC 9112 9.3.1, 9.5).
   */
  async lastCall(): Promise<void> {
    this.closing = true;
    if (this.#connections > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
        setTimeout(resolve, LAST_CALL);
      });
    }
    await this.#idle();
    // A request more ends its connection, so this comes to an end.
    for (let long = 0; this.#connections > 0 && long < LONG_TURNS; ) {
      const begun = this.#begun;
      const duration = await turn();
      if (this.#active === 0 && begun === this.#begun) {
        if (duration < SHORT_TURN) return;
        long += 1;
      }
      await this.#idle();
    }
  }

  /** Resolves when nothing is unanswered. */
  #idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }
}

/** Lets the loop poll, whatever phase it is in. @returns how long it took from before that poll on, milliseconds */
async function turn(): Promise<number> {
  await nextTurn();
  const at = performance.now();
  await nextTurn();
  return performance.now() - at;
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

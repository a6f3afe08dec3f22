/** Requests of one HTTP front that are not answered yet, and what becomes of their connections. */
export class Traffic {
  /** Every response ends its connection. */
  closing: boolean;
  #active = 0;
  #whenIdle: (() => void) | null = null;

  /** @param keepAlive whether connections carry more than one request */
  constructor(keepAlive: boolean) {
    this.closing = !keepAlive;
  }

  begin(): void {
    this.#active += 1;
  }

  finish(): void {
    this.#active -= 1;
    if (this.#active === 0) this.#whenIdle?.();
  }

  /** From here on every response ends its connection. Resolves when nothing is unanswered. */
  drain(): Promise<void> {
    this.closing = true;
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
      if (this.#active === 0) resolve();
    });
  }
}

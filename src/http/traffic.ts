/** Requests of one HTTP front that are not answered yet, and whether it is on its way out. */
export class Traffic {
  active = 0;
  draining = false;
  #whenIdle: (() => void) | null = null;

  begin(): void {
    this.active += 1;
  }

  finish(): void {
    this.active -= 1;
    if (this.active === 0 && this.#whenIdle !== null) this.#whenIdle();
  }

  /** From here on every response ends its connection. Resolves when nothing is unanswered. */
  drain(): Promise<void> {
    this.draining = true;
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
      if (this.active === 0) resolve();
    });
  }
}

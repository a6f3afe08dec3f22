/** Collects the lines a child process prints, and waits for one of them. */
import type { Readable } from 'node:stream';

interface Waiter {
  pattern: RegExp;
  resolve(match: RegExpExecArray): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

export interface WaitOptions {
  /** Index of the first line to look at; 0 (also lines that have already come) by default. See `Lines.position`. */
  from?: number;
  /** Milliseconds; 15 000 by default. */
  timeout?: number;
}

export class Lines {
  /** Every complete line so far, without its newline. */
  readonly all: string[] = [];
  #rest = '';
  #ended = false;
  readonly #waiters = new Set<Waiter>();

  constructor(...streams: Readable[]) {
    let open = streams.length;
    for (const stream of streams) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => this.#add(text));
      stream.on('close', () => {
        open -= 1;
        if (open === 0) this.#end();
      });
    }
  }

  /** Everything so far, as one string. */
  get text(): string {
    return this.all.join('\n') + this.#rest;
  }

  /** The number of lines so far: pass it as `from` to wait for what comes after. */
  get position(): number {
    return this.all.length;
  }

  /** The lines that match, among those so far. */
  matching(pattern: RegExp): string[] {
    return this.all.filter((line) => pattern.test(line));
  }

  /**
   * The first line that matches, past or future.
   * @throws Error with everything printed so far, when the process ends or the time is over before such a line came.
   */
  waitFor(pattern: RegExp, { from = 0, timeout = 15_000 }: WaitOptions = {}): Promise<RegExpExecArray> {
    for (const line of this.all.slice(from)) {
      const match = pattern.exec(line);
      if (match !== null) return Promise.resolve(match);
    }
    if (this.#ended) return Promise.reject(this.#failure(pattern, 'the process ended'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(this.#failure(pattern, `${timeout} ms passed`));
      }, timeout);
      const waiter: Waiter = { pattern, resolve, reject, timer };
      this.#waiters.add(waiter);
    });
  }

  #failure(pattern: RegExp, what: string): Error {
    return new Error(`${what} without a line that matches ${pattern}; printed:\n${this.text}`);
  }

  #add(text: string): void {
    const pieces = (this.#rest + text).split('\n');
    this.#rest = pieces.pop()!;
    for (const line of pieces) {
      this.all.push(line);
      for (const waiter of this.#waiters) {
        const match = waiter.pattern.exec(line);
        if (match === null) continue;
        clearTimeout(waiter.timer);
        this.#waiters.delete(waiter);
        waiter.resolve(match);
      }
    }
  }

  #end(): void {
    this.#ended = true;
    for (const waiter of this.#waiters) {
      clearTimeout(waiter.timer);
      waiter.reject(this.#failure(waiter.pattern, 'the process ended'));
    }
    this.#waiters.clear();
  }
}

/**
 * Asks the threads of all workers for the metrics of their application. Who has not answered in time is left out: a stuck
 * thread, a worker that ends. Runs in the master; at the other end: src/thread/main.ts, by way of src/worker/worker.ts.
 */
import type { Collected } from '../messages.js';
import type { Metric } from '../stats/exposition.js';

/** The piece of a worker handle that is used. */
export interface Asked {
  readonly state: string;
  /** @returns how many threads will be asked */
  collect(ask: number): number;
}

interface Ask {
  missing: number;
  readonly answers: Metric[][];
  done(): void;
}

/** Milliseconds. */
const PATIENCE = 1000;

export class AppMetrics {
  readonly #workers: () => Iterable<Asked>;
  readonly #asks = new Map<number, Ask>();
  #last = 0;

  constructor(workers: () => Iterable<Asked>) {
    this.#workers = workers;
  }

  /** @returns what each thread's application has, of those that answered in time */
  collect(): Promise<Metric[][]> {
    return new Promise((resolve) => {
      this.#last += 1;
      const number = this.#last;
      const ask: Ask = { missing: 0, answers: [], done: () => finish() };
      const overdue = setTimeout(() => ask.done(), PATIENCE);
      const finish = () => {
        clearTimeout(overdue);
        this.#asks.delete(number);
        resolve(ask.answers);
      };
      this.#asks.set(number, ask);
      for (const worker of this.#workers()) {
        if (worker.state === 'ready') ask.missing += worker.collect(number);
      }
      if (ask.missing === 0) finish();
    });
  }

  /** A thread has answered. */
  receive({ ask: number, metrics }: Collected): void {
    const ask = this.#asks.get(number);
    if (ask === undefined) return;
    ask.answers.push(metrics);
    ask.missing -= 1;
    if (ask.missing === 0) ask.done();
  }
}

/**
 * Workers of the program whose place this one has taken, or of several: children of this process, but without a channel to it. They serve
 * until they are told to finish, by the end of a pipe. Runs in the master.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { NativeSockets } from '../native.js';
import type { Remains } from './handover.js';
import { statOf } from './orphans.js';

/** Between two looks whether they have gone, milliseconds. */
const LOOK = 100;
/** setTimeout takes no more. */
const LONGEST_TIMER = 2 ** 31 - 1;

export class Predecessors {
  readonly #native: Pick<NativeSockets, 'closeFd'>;
  readonly #pids: readonly number[];
  readonly #lifelines: readonly number[];
  #mercy: NodeJS.Timeout | null = null;

  constructor({ workers, lifelines }: Remains, native: Pick<NativeSockets, 'closeFd'>) {
    this.#pids = workers;
    this.#lifelines = lifelines;
    this.#native = native;
  }

  /** Lets them finish and go; those that are still there after `mercy` seconds are killed. */
  finish(mercy: number): void {
    if (this.#mercy !== null) return;
    for (const fd of this.#lifelines) this.#native.closeFd(fd);
    this.#mercy = setTimeout(() => this.kill(), Math.min(mercy * 1000, LONGEST_TIMER)).unref();
  }

  /** For one more program in the place of this one: none of them has to go before that serves. */
  get remains(): Remains {
    const isTold = this.#mercy !== null;
    return { lifelines: isTold ? [] : [...this.#lifelines], workers: this.#living() };
  }

  kill(): void {
    for (const pid of this.#living()) process.kill(pid, 'SIGKILL');
  }

  /** Resolves when they have gone. */
  async gone(): Promise<void> {
    while (this.#living().length > 0) await delay(LOOK);
  }

  #living(): number[] {
    return this.#pids.filter((pid) => {
      const [state, parent] = statOf(pid);
      return state !== undefined && state !== 'Z' && parent === String(process.pid);
    });
  }
}

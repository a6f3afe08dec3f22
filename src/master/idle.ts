/**
 * `idle`, `die-on-idle` and cheap mode: a server without requests needs no workers, and the next connection brings them
 * back. It waits in its queue meanwhile. Runs in the master.
 */
import type { Settings } from '../config/settings.js';
import { cheaper as words } from '../log/cheaper.js';
import type { Score } from './scoreboard.js';

export interface IdleParts {
  settings(): Settings;
  /** What the workers have done, null for one that still loads; null while others are being exchanged, or the server rests or stops. */
  scores(): readonly (Pick<Score, 'open' | 'finished'> | null)[] | null;
  /** Calls back once when a connection waits. Returns how to give up waiting. */
  onConnection(callback: () => void): () => void;
  /** Lets every worker go. */
  goCheap(): void;
  /** Starts workers. Returns how many. */
  wake(): number;
  stop(why: string): void;
  log(...lines: string[]): void;
}

/** Milliseconds between two looks. */
const INTERVAL = 1_000;

export class Idle {
  readonly #parts: IdleParts;
  readonly #timer: NodeJS.Timeout | null;
  #giveUp: (() => void) | null = null;
  #lastWork: number;
  #finished = 0;

  constructor(parts: IdleParts) {
    this.#parts = parts;
    this.#lastWork = performance.now();
    this.#timer = parts.settings().idle > 0 ? setInterval(() => this.#look(), INTERVAL) : null;
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#giveUp?.();
  }

  /** To be called when no worker runs. */
  waitForConnection(): void {
    this.#giveUp ??= this.#parts.onConnection(() => {
      this.#giveUp = null;
      this.#lastWork = performance.now();
      this.#parts.log(words.awake(this.#parts.wake()));
    });
  }

  #look(): void {
    const { idle, dieOnIdle } = this.#parts.settings();
    const scores = this.#parts.scores();
    const isQuiet = scores?.every((score) => score?.open === 0) ?? false;
    const finished = scores?.reduce((sum, score) => sum + (score?.finished ?? 0), 0) ?? 0;
    if (!isQuiet || finished !== this.#finished) this.#lastWork = performance.now();
    this.#finished = finished;
    if (scores?.length === 0 || performance.now() - this.#lastWork < idle * 1000) return;
    this.#lastWork = performance.now();
    if (dieOnIdle) {
      this.#parts.stop(words.idle(idle));
      return;
    }
    this.#parts.log(words.idle(idle));
    this.#parts.goCheap();
  }
}

/**
 * What process 1 of a container owes to the others: processes whose parent has died become its children, and stay in the
 * process table until it collects them. Runs in the master, where it is process 1 or a subreaper (prctl(2)).
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { NativeSupervision } from '../native.js';

/** Children that somebody waits for are collected as soon as the loop turns: dead for longer is nobody's; milliseconds. */
const PATIENCE = 1_000;

export interface ReaperParts {
  native: Pick<NativeSupervision, 'reap'>;
  /** The children of this process that have ended and were not collected. */
  zombies(): number[];
  /** `process`, for SIGCHLD. */
  source: Pick<NodeJS.Process, 'on' | 'off'>;
}

export class Reaper {
  readonly #parts: ReaperParts;
  /** Found dead by the last look. */
  #suspects = new Set<number>();
  #timer: NodeJS.Timeout | null = null;
  readonly #onChild = () => this.#lookLater();

  constructor(parts: ReaperParts) {
    this.#parts = parts;
    parts.source.on('SIGCHLD', this.#onChild);
    // Some may have died before.
    this.#lookLater();
  }

  close(): void {
    this.#parts.source.off('SIGCHLD', this.#onChild);
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #lookLater(): void {
    // The immediate comes after a poll: whatever somebody waits for has been collected by then.
    this.#timer ??= setTimeout(() => setImmediate(() => this.#look()), PATIENCE).unref();
  }

  #look(): void {
    this.#timer = null;
    const dead = this.#parts.zombies();
    // Never one that has just died: it may be a worker, and whoever collects it takes its end away from who waits for it.
    const left = dead.filter((pid) => !this.#suspects.has(pid) || !this.#parts.native.reap(pid));
    this.#suspects = new Set(left);
    if (left.length > 0) this.#lookLater();
  }
}

/** @returns the pids of the children of `parent` that are zombies. */
export function zombiesOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    const [state, parentPid] = statOf(pid);
    return state === 'Z' && parentPid === String(parent);
  });
}

/** The fields of /proc/PID/stat after the name, which may hold blanks and parentheses; none when it has gone meanwhile. */
export function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(') ') + 2).split(' ');
  } catch {
    return [];
  }
}

/**
 * Writes a CPU profile or a heap snapshot of one JS thread to a file, for the DevTools of Chrome and for speedscope. Runs
 * in the control thread, so that the other threads go on; at the other end: V8's profilers in that thread.
 */
import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { profileLines } from '../log/profile.js';
import type { Answer } from '../messages.js';

/** The piece of Inspection that is used. */
export interface Profiling {
  profile(milliseconds: number): Promise<object | null>;
  snapshotHeap(onChunk: (chunk: string) => void): Promise<boolean>;
}

export interface ProfileTarget {
  /** Absolute. */
  directory: string;
  workerId: number;
  core: number;
}

/** @param seconds how long the profile lasts */
export async function writeProfile(
  look: Profiling,
  target: ProfileTarget,
  seconds: number,
  now = new Date(),
): Promise<Answer> {
  const file = new ProfileFile(target, 'cpuprofile', now);
  const profile = file.isOpen ? await look.profile(seconds * 1000) : null;
  if (profile !== null) file.write(JSON.stringify(profile));
  return file.end(profile !== null);
}

export async function writeHeapSnapshot(
  look: Profiling,
  target: ProfileTarget,
  now = new Date(),
): Promise<Answer> {
  const file = new ProfileFile(target, 'heapsnapshot', now);
  const isComplete = file.isOpen && (await look.snapshotHeap((chunk) => file.write(chunk)));
  return file.end(isComplete);
}

/** A file that only its owner may read, as a heap holds secrets; an incomplete one is removed. */
class ProfileFile {
  readonly #path: string;
  #fd: number | null = null;
  #bytes = 0;
  #problem: string | null = null;

  constructor({ directory, workerId, core }: ProfileTarget, ending: string, now: Date) {
    const time = now.toISOString().replace(/[-:Z]/g, '').replace('T', '-');
    this.#path = join(directory, `worker-${workerId}-core-${core}-${time}.${ending}`);
    this.#try(() => {
      // Never an existing file, nor one that a link leads to.
      this.#fd = openSync(this.#path, 'wx', 0o600);
    });
  }

  get isOpen(): boolean {
    return this.#fd !== null;
  }

  write(text: string): void {
    if (this.#problem !== null) return;
    const bytes = Buffer.from(text);
    this.#bytes += bytes.length;
    this.#try(() => writeFileSync(this.#fd!, bytes));
  }

  /** @param isComplete the thread has told everything. */
  end(isComplete: boolean): Answer {
    if (this.#fd === null) return { problem: this.#problem! };
    this.#try(() => closeSync(this.#fd!));
    if (isComplete && this.#problem === null) return { file: this.#path, bytes: this.#bytes };
    const problem = this.#problem ?? profileLines.noAnswer;
    this.#try(() => unlinkSync(this.#path));
    return { problem };
  }

  #try(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#problem ??= (error as Error).message;
    }
  }
}

/**
 * Writes a CPU profile or a heap snapshot of one JS thread to a file, for the DevTools of Chrome and for speedscope. Runs
 * in the control thread, so that the other threads go on; at the other end: V8's profilers in that thread.
 */
import { closeSync, existsSync, openSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
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
  const profile = await file.fill(() => look.profile(seconds * 1000));
  if (profile !== null) file.write(JSON.stringify(profile));
  return file.end(profile !== null);
}

export async function writeHeapSnapshot(
  look: Profiling,
  target: ProfileTarget,
  now = new Date(),
): Promise<Answer> {
  const file = new ProfileFile(target, 'heapsnapshot', now);
  const isComplete = await file.fill(() => look.snapshotHeap((chunk) => file.write(chunk)));
  return file.end(isComplete === true);
}

/**
 * A file that only its owner may read, as a heap holds secrets. It has its name when it is complete; until then, and where
 * the worker is killed meanwhile, it is `NAME.part`.
 */
class ProfileFile {
  readonly #path: string;
  readonly #part: string;
  #fd: number | null = null;
  #bytes = 0;
  #problem: string | null = null;

  constructor({ directory, workerId, core }: ProfileTarget, ending: string, now: Date) {
    const time = now.toISOString().replace(/[-:Z]/g, '').replace('T', '-');
    this.#path = join(directory, `worker-${workerId}-core-${core}-${time}.${ending}`);
    this.#part = `${this.#path}.part`;
    if (existsSync(this.#path)) {
      this.#problem = profileLines.exists(this.#path);
      return;
    }
    this.#try(() => {
      // Never an existing file, nor one that a link leads to.
      this.#fd = openSync(this.#part, 'wx', 0o600);
    });
  }

  /** What the profiler gives. @returns null where it fails, or there is no file to fill */
  async fill<Taken>(take: () => Promise<Taken>): Promise<Taken | null> {
    if (this.#fd === null) return null;
    try {
      return await take();
    } catch (error) {
      this.#problem ??= (error as Error).message;
      return null;
    }
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
    if (!isComplete) this.#problem ??= profileLines.noAnswer;
    if (this.#problem === null) this.#try(() => renameSync(this.#part, this.#path));
    if (this.#problem === null) return { file: this.#path, bytes: this.#bytes };
    this.#try(() => unlinkSync(this.#part));
    return { problem: this.#problem };
  }

  #try(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#problem ??= (error as Error).message;
    }
  }
}

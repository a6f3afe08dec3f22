/**
 * Writes a CPU profile or a heap snapshot of one JS thread to a file, for the DevTools of Chrome and for speedscope. Runs
 * in the control thread, so that the other threads go on; at the other end: V8's profilers in that thread.
 */
import { closeSync, existsSync, openSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { profileLines } from '../log/profile.js';
import { type Answer, partOf } from '../messages.js';

/** The piece of Inspection that is used. */
export interface Profiling {
  profile(milliseconds: number): Promise<object | null>;
  snapshotHeap(onChunk: (chunk: string) => void): Promise<boolean>;
}

/**
 * @param file absolute
 * @param seconds how long the profile lasts
 */
export async function writeProfile(look: Profiling, file: string, seconds: number): Promise<Answer> {
  const part = new ProfileFile(file);
  const profile = await part.fill(() => look.profile(seconds * 1000));
  if (profile !== null) part.write(JSON.stringify(profile));
  return part.end(profile !== null);
}

/** @param file absolute */
export async function writeHeapSnapshot(look: Profiling, file: string): Promise<Answer> {
  const part = new ProfileFile(file);
  const isComplete = await part.fill(() => look.snapshotHeap((chunk) => part.write(chunk)));
  return part.end(isComplete === true);
}

/**
 * A file that only its owner may read, as a heap holds secrets. It has its name when it is complete; what a worker that is
 * killed meanwhile leaves behind the master removes.
 */
class ProfileFile {
  readonly #path: string;
  readonly #part: string;
  #fd: number | null = null;
  #bytes = 0;
  #problem: string | null = null;

  constructor(path: string) {
    this.#path = path;
    this.#part = partOf(path);
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

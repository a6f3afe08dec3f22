/**
 * The JavaScript stacks of all threads of a worker, those of stuck ones included. Runs in the control thread; at the other
 * end: V8's debugger in each JS thread, which stands still for as long as its frames are read.
 */
import { traceback } from '../log/traceback.js';
import type { ThreadStack } from '../messages.js';
import { kernelFacts } from './kernel-facts.js';

/** The piece of Inspection that is used. */
export interface Locating {
  locate(): Promise<string[] | null>;
  close(): Promise<void>;
}

export interface LocatedThread {
  core: number;
  /** Node's number. */
  threadId: number;
  isLoading: boolean;
  /** The kernel's number; null where it is not known. */
  kernelId: number | null;
}

/** Opens threads by their numbers; null for one that cannot be looked into. */
export type OpenLocating = (threadIds: readonly number[]) => Promise<(Locating | null)[]>;

/** All at once: one that does not answer takes a while. */
export async function stacksOf(
  threads: readonly LocatedThread[],
  openAll: OpenLocating,
): Promise<ThreadStack[]> {
  const looks = await openAll(threads.map(({ threadId }) => threadId));
  return Promise.all(
    threads.map(async (thread, index) => ({
      core: thread.core,
      lines: await linesOf(thread, looks[index] ?? null),
    })),
  );
}

async function linesOf({ isLoading, kernelId }: LocatedThread, look: Locating | null): Promise<string[]> {
  if (look === null) return [traceback.closed];
  const frames = await look.locate();
  await look.close();
  const loading = isLoading ? [traceback.loading] : [];
  if (frames === null) return [...loading, traceback.native, ...kernelLines(kernelId)];
  if (frames.every(isNodes)) return [...loading, traceback.idle];
  return [...loading, ...traceback.frames(frames)];
}

/** What Node itself does, such as looking whether a timer is due, is no stack to look at. */
const isNodes = (frame: string) => /(?:^|\()node:internal\//.test(frame);

const kernelLines = (kernelId: number | null) =>
  (kernelId === null ? [] : kernelFacts(kernelId)).map(([what, text]) => traceback.kernel(what, text));

/**
 * Starts JS threads. A thread needs as long to boot as half a process, so the first one of a worker is started before
 * anybody knows what for, and waits for that. At the other end: src/thread/main.ts.
 */
import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { Settings } from '../config/settings.js';
import type { ThreadStart } from '../messages.js';
import type { SpawnThread } from './thread-handle.js';

interface WaitingThread {
  readonly worker: Worker;
  /** Its first number is 0 until the start is there. */
  readonly hasStart: Int32Array;
}

// Beside the folder of the worker's entry, which this is bundled into.
const entry = new URL('../thread/main.cjs', import.meta.url);

let prepared: WaitingThread | null = null;

/** Kilobytes that Node gives a thread. With a tenth of it one may not even boot, and ends the whole process. */
const LEAST_STACK = 4_096;

/** Null: as Node has them. */
export function limitsOf({
  threadHeapLimit,
  threadStackSize,
}: Pick<Settings, 'threadHeapLimit' | 'threadStackSize'>): ResourceLimits | null {
  const limits = {
    ...(threadHeapLimit > 0 && { maxOldGenerationSizeMb: threadHeapLimit }),
    ...(threadStackSize > LEAST_STACK && { stackSizeMb: threadStackSize / 1024 }),
  };
  return Object.keys(limits).length === 0 ? null : limits;
}

function boot(limits: ResourceLimits | null = null): WaitingThread {
  const hasStart = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const options = { workerData: hasStart, ...(limits !== null && { resourceLimits: limits }) };
  return { worker: new Worker(entry, options), hasStart };
}

/** Boots a thread for the next `spawnThread`. Where that fails there is none, and `spawnThread` tells why. */
export function prepareThread(): void {
  const forget = () => {
    prepared = null;
  };
  try {
    prepared = boot();
    prepared.worker.once('error', forget);
    prepared.worker.once('exit', forget);
  } catch {
    forget();
  }
}

/** What the thread prints comes out of this process's own stdout and stderr. */
export const spawnThread: SpawnThread = (start: ThreadStart) => {
  const limits = limitsOf(start.settings);
  const spare = prepared;
  prepared = null;
  // A limit is a thread's from its birth.
  if (limits !== null) void spare?.worker.terminate();
  const { worker, hasStart } = (limits === null ? spare : null) ?? boot(limits);
  worker.postMessage(start);
  Atomics.store(hasStart, 0, 1);
  Atomics.notify(hasStart, 0);
  return worker;
};

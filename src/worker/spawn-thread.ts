/**
 * Starts JS threads. A thread needs as long to boot as half a process, so the first one of a worker is started before
 * anybody knows what for, and waits for that. At the other end: src/thread/main.ts.
 */
import { Worker } from 'node:worker_threads';
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

function boot(heapLimit = 0): WaitingThread {
  const hasStart = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const limits = heapLimit > 0 && { resourceLimits: { maxOldGenerationSizeMb: heapLimit } };
  return { worker: new Worker(entry, { workerData: hasStart, ...limits }), hasStart };
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
  const limit = start.settings.threadHeapLimit;
  const spare = prepared;
  prepared = null;
  // A limit is a thread's from its birth.
  if (limit > 0) void spare?.worker.terminate();
  const { worker, hasStart } = (limit > 0 ? null : spare) ?? boot(limit);
  worker.postMessage(start);
  Atomics.store(hasStart, 0, 1);
  Atomics.notify(hasStart, 0);
  return worker;
};

/**
 * One JS thread of a worker, seen from the control thread: started here, ended here, everything between is messages. A
 * handle serves one life of a core. At the other end: src/thread/main.ts.
 */
import type { EventLoopUtilization } from 'node:perf_hooks';
import type {
  Aftermath,
  Collected,
  ControlToThread,
  DebugAddress,
  ThreadStart,
  ThreadToControl,
  WorkerReady,
} from '../messages.js';

/** The piece of worker_threads.Worker that is used; tests bring their own. */
export interface JsThread {
  postMessage(message: ControlToThread): void;
  terminate(): Promise<number>;
  readonly performance: Pick<typeof performance, 'eventLoopUtilization'>;
  readonly threadId: number;
  on(event: 'message', listener: (message: ThreadToControl) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
}

export type SpawnThread = (start: ThreadStart) => JsThread;

export interface ThreadDeath {
  /** What ended it: an uncaught exception, a full heap; undefined after `process.exit` or `terminate`. */
  error: unknown;
  code: number;
  /** Milliseconds from readiness to death; null when it never was ready. */
  lived: number | null;
  /** It had said that it cannot load the application. */
  failed: boolean;
  /** Why it was terminated, where it was for a reason of its own. */
  reason: string | null;
}

export interface ThreadEvents {
  ready(thread: ThreadHandle, message: WorkerReady): void;
  failed(thread: ThreadHandle, reason: string): void;
  collected(message: Collected): void;
  /** An error came up after which another worker is wanted. */
  spoiled(): void;
  /** It is of another version than this control thread. */
  foreign(): void;
  /** It has got the last request of its worker. */
  spent(): void;
  /** It finished its last request after `drain`, and ends now. */
  drained(thread: ThreadHandle): void;
  /** The last event of a handle. */
  ended(thread: ThreadHandle, death: ThreadDeath): void;
}

/**
 * How long a thread that is told to drain while it loads its application may go on, milliseconds. It may have accepted
 * its first connections already; but a CTRL-C does not wait for an application that takes its time.
 */
const LOADING_PATIENCE = 1_000;

export class ThreadHandle {
  /** 0-based number of the core. */
  readonly core: number;
  state: 'loading' | 'ready' | 'failed' | 'draining' | 'drained' | 'gone' = 'loading';

  readonly #events: ThreadEvents;
  /** Null when it could not be started at all. */
  readonly #thread: JsThread | null;
  #error: unknown;
  #measured: EventLoopUtilization | null = null;
  #reason: string | null = null;
  #readyAt: number | null = null;
  #patience: NodeJS.Timeout | null = null;

  constructor(start: ThreadStart, spawn: SpawnThread, events: ThreadEvents) {
    this.core = start.core;
    this.#events = events;
    this.#thread = this.#spawn(start, spawn);
  }

  /** Lets it finish its requests and go. One that still loads gets a moment to become ready first. */
  drain({ isReplaced, handsOver }: Aftermath = {}): void {
    if (this.state !== 'ready' && this.state !== 'loading') return;
    if (this.state === 'loading') this.#patience = setTimeout(() => this.terminate(), LOADING_PATIENCE);
    this.state = 'draining';
    this.#thread?.postMessage({
      type: 'drain',
      ...(isReplaced && { isReplaced }),
      ...(handsOver && { handsOver }),
    });
  }

  /** Asks for the metrics of its application. */
  collect(ask: number): void {
    if (this.state === 'ready') this.#thread?.postMessage({ type: 'collect', ask });
  }

  /** Lets debuggers connect. */
  debug(address: DebugAddress): void {
    if (this.state !== 'gone') this.#thread?.postMessage({ type: 'debug', address });
  }

  /** Node's number of the thread; -1 where there is none. */
  get threadId(): number {
    return this.#thread?.threadId ?? -1;
  }

  /** Ends it at once. @param reason for the log */
  terminate(reason: string | null = null): void {
    this.#reason ??= reason;
    void this.#thread?.terminate();
  }

  /** Share of the time since the last call in which its event loop was at work, 0-1; also of a thread that is stuck. */
  measureLoad(): number {
    if (this.#thread === null || this.state === 'gone') return 0;
    const { performance } = this.#thread;
    const now = performance.eventLoopUtilization();
    const since = this.#measured === null ? now : performance.eventLoopUtilization(now, this.#measured);
    this.#measured = now;
    return since.utilization;
  }

  #spawn(start: ThreadStart, spawn: SpawnThread): JsThread | null {
    try {
      const thread = spawn(start);
      thread.on('message', (message) => this.#receive(message));
      thread.on('error', (error) => {
        this.#error = error;
      });
      thread.on('exit', (code) => this.#end(code));
      return thread;
    } catch (error) {
      // No memory, no more threads: as good as a death, and reported like one, after the constructor has returned.
      this.#error = error;
      setImmediate(() => this.#end(1));
      return null;
    }
  }

  #receive(message: ThreadToControl): void {
    switch (message.type) {
      case 'ready':
        this.#stopWaiting();
        if (this.state === 'loading') this.state = 'ready';
        this.#readyAt = performance.now();
        this.#events.ready(this, message);
        return;
      case 'failed':
        this.state = 'failed';
        this.#events.failed(this, message.reason);
        return;
      case 'collected':
        this.#events.collected(message);
        return;
      case 'spoiled':
        this.#events.spoiled();
        return;
      case 'foreign':
        this.#events.foreign();
        return;
      case 'spent':
        this.#events.spent();
        return;
      case 'drained':
        this.state = 'drained';
        this.#events.drained(this);
        return;
    }
  }

  #stopWaiting(): void {
    if (this.#patience !== null) clearTimeout(this.#patience);
  }

  #end(code: number): void {
    if (this.state === 'gone') return;
    this.#stopWaiting();
    const failed = this.state === 'failed';
    this.state = 'gone';
    const lived = this.#readyAt === null ? null : performance.now() - this.#readyAt;
    this.#events.ended(this, { error: this.#error, code, lived, failed, reason: this.#reason });
  }
}

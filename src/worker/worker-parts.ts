/** What the control thread of a worker is given. */
import type { Answer, InheritedListener, Question, StartWorker, WorkerToMaster } from '../messages.js';
import type { NativeScoreboard } from '../native-scoreboard.js';
import type { WatchedWorker } from './harakiri.js';
import type { SpawnThread, ThreadHandle } from './thread-handle.js';

export interface WorkerParts {
  pid: number;
  /** Calls back when the message has left this process (or never will). */
  send(message: WorkerToMaster, done: () => void): void;
  spawnThread: SpawnThread;
  /** Ends the listeners, which all workers have lost their master with; resolves when nobody waits there. */
  lastCall(listeners: readonly InheritedListener[]): Promise<void>;
  /** Ends the process at once. */
  exit(code: number): void;
  /** The same, by a signal that nothing in it can hold up. */
  kill(): void;
  /** Looks after threads that hang. */
  watch(worker: WatchedWorker): void;
  /** Looks into the JS threads. Never throws. */
  answer(workerId: number, question: Question, threads: readonly SeenThread[]): Promise<Answer>;
  log(...lines: string[]): void;
  /** Binds this process to processors. Returns what went wrong, or null. */
  pin(processors: readonly number[]): string | null;
  /** The log file is another. Returns what went wrong. */
  reopenLogs(logs: NonNullable<StartWorker['logs']>): string[];
  /** Calls back when a pipe has been closed at its other end. */
  watchEnd(fd: number, ended: () => void): void;
  /** Nobody takes the log any more. */
  saveLogs(logs: NonNullable<StartWorker['logs']>): void;
  scoreboard: Pick<NativeScoreboard, 'mapScoreboard' | 'reportLoad' | 'forgetDeadlines'>;
}

/** A JS thread that can be looked into. */
export interface SeenThread {
  thread: ThreadHandle;
  /** On the scoreboard; null where there is none. */
  row: number | null;
}

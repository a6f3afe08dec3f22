/**
 * What the master knows of the whole instance at one moment, in plain data: the statistics, the metrics and the page are
 * three ways to show it. Taken by src/master/census.ts, without asking a worker.
 */
import type { CronTimes } from '../config/cron-spec.js';
import type { RequestNote } from './core-score.js';
import type { Tally } from './tally.js';
import type { Vitals } from './vitals.js';

export interface Snapshot {
  /** When it was taken, unix milliseconds. */
  takenAt: number;
  version: string;
  /** The master's. */
  pid: number;
  uid: number;
  gid: number;
  cwd: string;
  phase: 'starting' | 'serving' | 'paused' | 'draining' | 'stopping';
  /** When the master started, unix seconds. */
  startedAt: number;
  sockets: SocketSnapshot[];
  /** In the order of their numbers. */
  workers: WorkerSnapshot[];
  /** Workers whose places others have taken, and which finish what they do. */
  retiring: { id: number; pid: number; open: number }[];
  /** Of all workers there ever were. */
  tally: Tally;
  /** Requests handed to the application and not finished. */
  open: number;
  /** Workers started in the place of others, by cause. */
  respawns: Record<string, number>;
  /** Resident memory of the master, bytes. */
  rss: number;
  /** In the order of the configuration. */
  crons: CronSnapshot[];
}

/** A command that runs at certain times. */
export interface CronSnapshot extends CronTimes {
  command: string;
  isUnique: boolean;
  /** Of the last that runs; null: none does. */
  pid: number | null;
  /** When that was started, unix milliseconds. */
  startedAt: number | null;
}

export interface SocketSnapshot {
  /** `/run/app.sock`, `127.0.0.1:8080` */
  name: string;
  protocol: string;
  /** Connections that wait to be accepted; null where the kernel does not say. */
  queue: number | null;
  /** How many may; 0 where the kernel does not say. */
  maxQueue: number;
}

/** A place for a worker, and who has it now. */
export interface WorkerSnapshot {
  /** 1-based. */
  id: number;
  /** 0: nobody, for now. */
  pid: number;
  state: 'none' | 'starting' | 'ready' | 'stopping';
  /** When the process was spawned, unix seconds; 0: never. */
  spawnedAt: number;
  /** Processes that have had this place. */
  spawns: number;
  /** Milliseconds that the application took to load; null before. */
  loadTime: number | null;
  /** Bytes of memory, resident and virtual; 0 where it is not known. */
  rss: number;
  vsz: number;
  /** Of all who have had this place. */
  tally: Tally;
  /** Finished requests of who has it now. */
  requests: number;
  open: number;
  cores: CoreSnapshot[];
}

/** A JS thread of a worker. */
export interface CoreSnapshot extends CoreActivity {
  /** Of all threads that have had this place. */
  tally: Tally;
}

/** What a thread does now. */
export interface CoreActivity {
  /** 0-based. */
  id: number;
  /** Requests with the application. */
  open: number;
  /** Share of the last second that its event loop was at work, 0 to 1. */
  load: number;
  /** The request that has been open longest, or, while none has been for a second, the one handed over last. */
  current: CurrentRequest | null;
  /** Null before the thread has told for the first time. */
  vitals: Vitals | null;
}

export interface CurrentRequest extends RequestNote {
  /** Milliseconds since it was handed over. */
  age: number;
}

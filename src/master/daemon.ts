/** One program beside the workers, of either kind, and what it needs. */
import type { DaemonSetting } from '../config/settings.js';

export interface DaemonsParts {
  log(...lines: string[]): void;
  /** A program without which the server is not to run has ended. */
  stopServer(why: string): void;
  /** Where a program that outlives the server writes to, a descriptor. */
  readonly lastingLog: number;
}

export interface Daemon {
  readonly setting: DaemonSetting;
  /** The server stops, or goes on without it. Resolves when nothing is left to be done. */
  stop(): Promise<void>;
  /** The server has been reloaded, and the program stays. */
  reloaded(): void;
  /** Ends it, so that it is started again. */
  restart(): void;
  /** Without mercy. */
  kill(): void;
}

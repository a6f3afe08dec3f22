/** What the master is given, and what it is doing at a time. */
import type { Life } from './worker-handle.js';

export interface MasterParts extends Life {
  log(...lines: string[]): void;
  /** Called once, when every worker is ready for the first time. */
  serving?(): void;
  /** Called once, when the server begins to stop. */
  stopping?(): void;
  /** Called when the workers are killed at once: a second signal to stop, or a brutal one. */
  killing?(): void;
  /** No worker runs: somebody has to call `wake` when a connection waits. */
  resting?(): void;
  /** A worker has had its share of requests. */
  spent?(): void;
  /** A worker is of another version than this master: the package was replaced. */
  foreign?(): void;
  /** Workers of the program whose place this one has taken serve: a failure is no reason to stop. */
  hasPredecessors?: boolean;
  /** Keeps new requests away; the workers are told to stop when it resolves. They serve, and are replaced, until then. */
  drain?(): Promise<void>;
}

/**
 * - `draining`: no new requests are wanted, those that still come are served.
 * - `stopping`: the workers finish what they have begun.
 */
export type Phase = 'starting' | 'serving' | 'draining' | 'stopping';

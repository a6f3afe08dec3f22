/** A numbered place for a worker. Its process changes, the place stays. */
import { Throttle } from '../throttle.js';
import type { Life, WorkerHandle } from './worker-handle.js';

/** Why a worker was started in the place of another: it died of a signal, of its own, could not load, or was exchanged. */
export type RespawnCause = 'signal' | 'exit' | 'load' | 'reload' | 'recycle';

/** Workers that take the places of others together: all of them or, when one of them fails, none. */
export interface Replacement {
  /** What the new workers are started with. */
  readonly life: Life;
  readonly slots: readonly Slot[];
  /** Called when all of them are ready, before anybody else is told to go. */
  commit(): void;
  /** The others are killed, not asked to finish. */
  readonly isBrutal: boolean;
  /** All workers: the log says what serves from then on. */
  readonly isReload: boolean;
  readonly cause: RespawnCause;
  /** Told once: true when the new workers serve, false when the old ones go on. */
  settle(isDone: boolean): void;
}

export interface Slot {
  /** 1-based. */
  readonly id: number;
  readonly throttle: Throttle;
  worker: WorkerHandle | null;
  /** Nobody is to work here now. */
  isCheaped: boolean;
  /** The worker that loads while `worker` still serves. */
  successor: { worker: WorkerHandle; replacement: Replacement } | null;
  /** Set while the next start is put off. */
  respawn: NodeJS.Timeout | null;
  /** Processes that have had this place. */
  lives: number;
}

export function makeSlot(id: number): Slot {
  return {
    id,
    throttle: new Throttle(),
    worker: null,
    isCheaped: true,
    successor: null,
    respawn: null,
    lives: 0,
  };
}

/** Puts off no start any longer. */
export function cancelRespawn(slot: Slot): void {
  if (slot.respawn !== null) clearTimeout(slot.respawn);
  slot.respawn = null;
}

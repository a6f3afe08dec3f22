/**
 * The workers of a master: a slot for each, and those without a slot, which finish what they do. Decides nothing. Runs in
 * the master; at the other end of every handle: src/worker/main.ts in a process of its own.
 */
import { deaths, reloads, spawnedOnlyWorker, spawnedWorker } from '../log/startup.js';
import { Debugged } from './debugged.js';
import { cancelRespawn, makeSlot, type RespawnCause, type Slot } from './slot.js';
import { type Life, type WorkerEvents, WorkerHandle } from './worker-handle.js';

export class Crew {
  /** What workers are started with from now on. */
  life: Life;
  readonly slots: Slot[] = [];
  /** Others have taken their places. */
  readonly retiring = new Set<WorkerHandle>();
  /** Of those: nobody has taken their places. */
  readonly cheaped = new WeakSet<WorkerHandle>();
  /** Workers started in the place of others, by cause. */
  readonly respawns = new Map<RespawnCause, number>();
  readonly #debugged = new Debugged();
  readonly #events: WorkerEvents;
  readonly #log: (...lines: string[]) => void;

  constructor(life: Life, events: WorkerEvents, log: (...lines: string[]) => void) {
    this.life = life;
    this.#events = events;
    this.#log = log;
    this.grow(life.settings.processes);
  }

  /** Every worker there is. */
  *[Symbol.iterator](): Generator<WorkerHandle> {
    for (const { worker, successor } of this.slots) {
      if (worker !== null) yield worker;
      if (successor !== null) yield successor.worker;
    }
    yield* this.retiring;
  }

  slotOf({ id }: { id: number }): Slot | undefined {
    return this.slots[id - 1];
  }

  /** Slots in which somebody works, or is about to. */
  get active(): Slot[] {
    return this.slots.filter(({ isCheaped }) => !isCheaped);
  }

  /** Empty slots up to this number, in which nobody is to work yet. */
  grow(count: number): void {
    while (this.slots.length < count) this.slots.push(makeSlot(this.slots.length + 1));
  }

  /** Takes slots away beyond `processes`. Returns who worked in them. */
  shrink(): WorkerHandle[] {
    return this.slots.splice(this.life.settings.processes).flatMap((slot) => {
      cancelRespawn(slot);
      return slot.worker ?? [];
    });
  }

  /** Starts a worker in its slot. @param cause why the one before has gone; null: there was none. */
  spawn(slot: Slot, cause: RespawnCause | null = null): WorkerHandle {
    slot.respawn = null;
    slot.isCheaped = false;
    slot.worker = this.make(slot, this.life, cause);
    return slot.worker;
  }

  /** Starts a worker that is not in its slot yet. */
  make(slot: Slot, life: Life, cause: RespawnCause | null): WorkerHandle {
    slot.lives += 1;
    if (cause !== null) this.respawns.set(cause, (this.respawns.get(cause) ?? 0) + 1);
    const isDebugged = this.#debugged.isFree(life.settings, slot.id);
    const worker = new WorkerHandle(slot.id, life, this.#events, isDebugged);
    if (isDebugged) this.#debugged.hold(worker);
    return worker;
  }

  /** To be called when one has gone: another one may have its port for debuggers. */
  ended(worker: WorkerHandle): void {
    const slot = this.slotOf(worker);
    this.#debugged.release(worker, this.life.settings, [slot?.worker, slot?.successor?.worker]);
  }

  /** Lets a worker finish and go that has no slot any more. */
  retire(worker: WorkerHandle): void {
    this.retiring.add(worker);
    this.#log(reloads.killingWorker(worker.id, worker.pid ?? 0));
    worker.stop(this.mercy, { isReplaced: true });
  }

  /**
   * Lets the worker of a slot finish and go; nobody takes its place.
   *
   * @param others whether others serve on, who take over the FastCGI connections that it keeps
   */
  cheapen(
    slot: Slot,
    others = this.active.some((other) => other !== slot && other.worker?.state === 'ready'),
  ): void {
    const { worker } = slot;
    cancelRespawn(slot);
    slot.isCheaped = true;
    slot.worker = null;
    if (worker === null) return;
    this.retiring.add(worker);
    this.cheaped.add(worker);
    worker.stop(this.mercy, others ? { handsOver: true } : {});
  }

  /**
   * Starts workers where nobody is to work.
   * @returns how many: as many as asked for, or as there are places.
   */
  wake(count: number): number {
    const { settings } = this.life;
    const slots = this.slots.filter(({ isCheaped }) => isCheaped).slice(0, count);
    for (const slot of slots) {
      const isFirst = slot.lives === 0;
      const worker = this.spawn(slot);
      if (worker.pid === null) continue;
      const { id, pid } = worker;
      this.#log(isFirst ? spawnedWorker(id, pid, settings.threads) : deaths.respawned(id, pid));
    }
    return slots.length;
  }

  /** Seconds that a worker has to finish. */
  get mercy(): number {
    const { workerReloadMercy, reloadMercy } = this.life.settings;
    return Math.min(workerReloadMercy, reloadMercy ?? Number.POSITIVE_INFINITY);
  }
}

export function spawnedLines(
  workers: readonly WorkerHandle[],
  hasMaster: boolean,
  threads: number,
): string[] {
  const line = hasMaster ? spawnedWorker : spawnedOnlyWorker;
  return workers.flatMap(({ id, pid }) => (pid === null ? [] : line(id, pid, threads)));
}

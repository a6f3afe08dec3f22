/**
 * Workers that take the places of others: they load while the others serve, all of them take over or none. Runs in the
 * master.
 */
import { reloads } from '../log/startup.js';
import type { LoadedApp } from '../messages.js';
import { type Crew, spawnedLines } from './crew.js';
import { cancelRespawn, type Replacement, type RespawnCause, type Slot } from './slot.js';
import type { Life } from './worker-handle.js';

export interface ExchangeParts {
  crew: Crew;
  isStopping(): boolean;
  /** New workers have taken over; others are about to be told to go. */
  onTakeover(replacement: Replacement, app: LoadedApp | null): void;
  log(...lines: string[]): void;
}

export class Exchange {
  readonly #parts: ExchangeParts;
  readonly #crew: Crew;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    this.#crew = parts.crew;
  }

  /** Whether workers load that are to take the places of others. */
  get isRunning(): boolean {
    return this.#crew.slots.some(({ successor }) => successor !== null);
  }

  /**
   * Exchanges every worker: the new ones load, and when all of them are ready the old ones finish and go. When one of
   * them fails the new ones go, and the old ones serve on.
   *
   * @param life   what workers are started with from then on.
   * @param commit called when the new workers are ready, before the old ones are told to go: a listener that nobody is to
   *               use any more is taken away then, and they take in what waits there.
   * @param isBrutal the old ones are killed then, not asked to finish.
   * @returns whether the new workers serve.
   */
  all(life: Life, commit: () => void, isBrutal: boolean): Promise<boolean> {
    for (const { successor } of this.#crew.slots) {
      if (successor !== null) this.abandon(successor.replacement);
    }
    this.#crew.grow(life.settings.processes);
    return this.#replace({
      life,
      slots: this.#wanted(life),
      commit,
      isBrutal,
      isReload: true,
      cause: 'reload',
    });
  }

  /** Where workers are to work after a reload: under `cheaper` as many as now within the new bounds, in cheap mode none. */
  #wanted({ settings: { processes, cheaper } }: Life): Slot[] {
    const now = this.#crew.active.length;
    if (now === 0) return [];
    const count = cheaper === 0 ? processes : Math.min(processes, Math.max(now, cheaper));
    const places = this.#crew.slots.slice(0, processes);
    const taken = places.filter(({ isCheaped }) => !isCheaped);
    return [...taken, ...places.filter(({ isCheaped }) => isCheaped)].slice(0, count);
  }

  /**
   * Exchanges the workers one by one: the next one's turn comes when the one before is ready.
   * @returns whether all of them were exchanged; a failure ends the chain.
   */
  async inTurn(): Promise<boolean> {
    const { slots } = this.#crew;
    for (const slot of [...slots]) {
      if (this.#parts.isStopping()) return false;
      if (!slots.includes(slot) || slot.isCheaped || slot.successor !== null) continue;
      this.#parts.log(reloads.nextInChain(slot.id));
      if (!(await this.one(slot, 'reload'))) return false;
    }
    return true;
  }

  /**
   * Exchanges the worker of one slot.
   * @returns whether another serves in its place.
   */
  one(slot: Slot, cause: RespawnCause): Promise<boolean> {
    const { life } = this.#crew;
    return this.#replace({
      life,
      slots: [slot],
      commit: () => {},
      isBrutal: false,
      isReload: false,
      cause,
    });
  }

  #replace(wanted: Omit<Replacement, 'settle'>): Promise<boolean> {
    return new Promise((settle) => {
      const { life, slots, cause } = wanted;
      const replacement = { ...wanted, settle };
      const workers = slots.map((slot) => {
        const worker = this.#crew.make(slot, life, slot.lives === 0 ? null : cause);
        slot.successor = { worker, replacement };
        return worker;
      });
      this.#parts.log(...spawnedLines(workers, true, life.settings.threads));
      if (workers.length === 0) this.takeOver(replacement, null);
    });
  }

  /** To be called when a new worker is ready: when it was the last one, they take over. */
  takeOver(replacement: Replacement, app: LoadedApp | null): void {
    const { life, slots, commit, isBrutal, settle } = replacement;
    if (slots.some(({ successor }) => successor?.worker.state !== 'ready')) return;
    this.#crew.life = life;
    const old = slots.flatMap((slot) => {
      const { worker, successor } = slot;
      cancelRespawn(slot);
      slot.worker = successor!.worker;
      slot.isCheaped = false;
      slot.successor = null;
      return worker ?? [];
    });
    old.push(...this.#crew.shrink());
    commit();
    this.#parts.onTakeover(replacement, app);
    for (const worker of old) {
      this.#crew.retire(worker);
      if (isBrutal) worker.kill();
    }
    settle(true);
  }

  /** A new worker failed: all of them go, and the old ones stay. */
  abandon({ slots, settle }: Replacement): void {
    for (const slot of slots) {
      const { successor } = slot;
      slot.successor = null;
      // It may have begun to serve.
      if (successor !== null && successor.worker.state !== 'gone') this.#crew.retire(successor.worker);
    }
    this.#crew.shrink();
    settle(false);
  }

  /** The server stops: whoever waits for an exchange waits in vain. */
  giveUp(): void {
    for (const { successor } of this.#crew.slots) successor?.replacement.settle(false);
  }
}

/**
 * Keeps the workers alive: one process per slot, a dead one replaced, all of them exchanged by a reload and ended when
 * the server stops. Runs in the process that was started; never loads the application, so that nothing an application
 * does can end it. At the other end of every handle: src/worker/main.ts in a process of its own.
 */
import {
  appReadyLine,
  deaths,
  endOf,
  gameOver,
  httpLine,
  noApp,
  readyLine,
  reloads,
  spawnedMaster,
  spawnedOnlyWorker,
  spawnedWorker,
  stops,
} from '../log/startup.js';
import { EXIT_FAILED_APP, type LoadedApp, type WorkerReady } from '../messages.js';
import { cancelRespawn, makeSlot, type Replacement, type Slot } from './slot.js';
import { type Death, type Life, type WorkerEvents, WorkerHandle } from './worker-handle.js';

export interface MasterParts extends Life {
  log(...lines: string[]): void;
  /** Called once, when every worker is ready for the first time. */
  serving?(): void;
}

export class Master {
  /** Resolves with the exit code when the last worker has gone after `stop`. */
  readonly ended: Promise<number>;

  readonly #log: MasterParts['log'];
  readonly #serving: () => void;
  readonly #events: WorkerEvents;
  /** What workers are started with from now on. */
  #life: Life;
  #slots: Slot[];
  /** Workers without a slot: others have taken their places, and they finish what they do. */
  readonly #retiring = new Set<WorkerHandle>();
  #isPaused = false;
  #phase: 'starting' | 'serving' | 'stopping' = 'starting';
  #stoppedAt = 0;
  #exitCode = 0;
  #httpAnnounced = false;
  #end!: (exitCode: number) => void;

  constructor(parts: MasterParts) {
    this.#life = parts;
    this.#log = parts.log;
    this.#serving = parts.serving ?? (() => {});
    this.#slots = Array.from({ length: parts.settings.processes }, (_, index) => makeSlot(index + 1));
    this.#events = {
      ready: (worker, message) => this.#onReady(worker, message),
      failed: (worker, reason) => this.#onFailed(worker, reason),
      noMercy: ({ id, pid }) => this.#log(stops.noMercy(id, pid ?? 0)),
      ended: (worker, death) => this.#onEnded(worker, death),
    };
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get isStopping(): boolean {
    return this.#phase === 'stopping';
  }

  /** Spawns every worker. */
  start(): void {
    const { settings } = this.#life;
    const workers = this.#slots.map((slot) => this.#spawn(slot));
    this.#log(
      ...(settings.master ? [spawnedMaster(process.pid)] : []),
      ...spawnedLines(workers, settings.master || settings.processes > 1, settings.threads),
    );
  }

  /**
   * The first call lets the workers finish what they do, within `worker-reload-mercy` seconds; the next one kills them.
   * @param why the signal, as the log names it.
   */
  stop(why: string): void {
    if (this.#phase === 'stopping') {
      this.#log(stops.brutal(why));
      this.#kill();
      return;
    }
    this.#log(stops.graceful(why, this.#mercy));
    this.#stopWorkers();
  }

  /** Kills the workers at once. */
  stopBrutally(why: string): void {
    this.#log(stops.brutalFirst(why));
    if (this.#phase !== 'stopping') this.#stopWorkers();
    this.#kill();
  }

  #kill(): void {
    for (const worker of this.#workers()) worker.kill();
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
  replaceAll(life: Life, commit: () => void, isBrutal = false): Promise<boolean> {
    if (this.#phase === 'stopping') return Promise.resolve(false);
    this.resume();
    for (const { successor } of this.#slots) if (successor !== null) this.#abandon(successor.replacement);
    const count = life.settings.processes;
    while (this.#slots.length < count) this.#slots.push(makeSlot(this.#slots.length + 1));
    return this.#replace({ life, slots: this.#slots.slice(0, count), commit, isBrutal, isReload: true });
  }

  /**
   * Exchanges the workers one by one: the next one's turn comes when the one before is ready.
   * @returns whether all of them were exchanged; a failure ends the chain.
   */
  async replaceInTurn(): Promise<boolean> {
    this.resume();
    for (const slot of [...this.#slots]) {
      if (this.#phase === 'stopping') return false;
      if (!this.#slots.includes(slot) || slot.successor !== null) continue;
      this.#log(reloads.nextInChain(slot.id));
      if (!(await this.#replaceOne(slot))) return false;
    }
    return true;
  }

  /** The workers that serve; none while others are being exchanged, or while the server does not simply serve. */
  get serving(): readonly WorkerHandle[] {
    const isExchanging = this.#slots.some(({ successor }) => successor !== null);
    if (this.#phase !== 'serving' || this.#isPaused || isExchanging) return [];
    return this.#slots.flatMap(({ worker }) => (worker?.state === 'ready' ? worker : []));
  }

  /**
   * Exchanges the worker of one slot.
   * @returns whether another serves in its place.
   */
  replaceWorker(id: number): Promise<boolean> {
    const slot = this.#slots[id - 1];
    const isFree = this.#phase === 'serving' && slot?.worker?.state === 'ready' && slot.successor === null;
    return isFree ? this.#replaceOne(slot) : Promise.resolve(false);
  }

  /** Workers that rest answer nothing, and lose nothing either: connections wait. */
  pause(): void {
    if (this.#phase === 'stopping' || this.#isPaused) return;
    this.#isPaused = true;
    this.#log(stops.paused);
    for (const worker of this.#workers()) worker.pause(true);
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#log(stops.resumed);
    for (const worker of this.#workers()) worker.pause(false);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** What workers are started with now. */
  get life(): Life {
    return this.#life;
  }

  /** One worker more or less than now, until the next reload; never none. */
  resize(by: 1 | -1): void {
    const { settings } = this.#life;
    const processes = settings.processes + by;
    if (this.#phase !== 'serving' || processes < 1) return;
    this.resume();
    this.#life = { ...this.#life, settings: { ...settings, processes } };
    if (by < 0) {
      for (const worker of this.#dropSlots()) this.#retire(worker);
      return;
    }
    const slot = makeSlot(processes);
    this.#slots.push(slot);
    this.#log(...spawnedLines([this.#spawn(slot)], true, settings.threads));
  }

  /** Who works, in a line each. */
  statistics(): string[] {
    return [
      `*** uwsgi-node master (pid: ${process.pid}): ${this.#isPaused ? 'paused' : this.#phase} ***`,
      ...this.#slots.map(({ id, worker, lives }) => {
        const age = worker?.age ?? null;
        const uptime = age === null ? '' : `, up ${Math.round(age / 1000)} seconds`;
        if (worker === null) return `worker ${id}: none, ${lives} so far`;
        const score = worker.score;
        const work = score === null ? '' : `, ${score.finished} requests, ${score.open} unfinished`;
        return `worker ${id} (pid: ${worker.pid ?? 0}): ${worker.state}${uptime}${work}, respawned ${lives - 1} times`;
      }),
      ...[...this.#retiring].map(
        ({ id, pid }) => `old worker ${id} (pid: ${pid ?? 0}): finishes its requests`,
      ),
    ];
  }

  *#workers(): Generator<WorkerHandle> {
    for (const { worker, successor } of this.#slots) {
      if (worker !== null) yield worker;
      if (successor !== null) yield successor.worker;
    }
    yield* this.#retiring;
  }

  #stopWorkers(): void {
    this.resume();
    this.#phase = 'stopping';
    this.#stoppedAt = performance.now();
    for (const slot of this.#slots) cancelRespawn(slot);
    for (const worker of this.#workers()) worker.stop(this.#mercy);
    for (const { successor } of this.#slots) successor?.replacement.settle(false);
    this.#endIfDone();
  }

  #spawn(slot: Slot): WorkerHandle {
    slot.respawn = null;
    slot.lives += 1;
    slot.worker = new WorkerHandle(slot.id, this.#life, this.#events);
    return slot.worker;
  }

  #replaceOne(slot: Slot): Promise<boolean> {
    return this.#replace({
      life: this.#life,
      slots: [slot],
      commit: () => {},
      isBrutal: false,
      isReload: false,
    });
  }

  #replace(wanted: Omit<Replacement, 'settle'>): Promise<boolean> {
    return new Promise((settle) => {
      const { life, slots } = wanted;
      const replacement = { ...wanted, settle };
      const workers = slots.map((slot) => {
        slot.lives += 1;
        const worker = new WorkerHandle(slot.id, life, this.#events);
        slot.successor = { worker, replacement };
        return worker;
      });
      this.#log(...spawnedLines(workers, true, life.settings.threads));
    });
  }

  #swapIfReady(replacement: Replacement, app: LoadedApp | null): void {
    const { life, slots, commit, isBrutal, isReload, settle } = replacement;
    if (slots.some(({ successor }) => successor?.worker.state !== 'ready')) return;
    this.#life = life;
    const old = slots.flatMap((slot) => {
      const { worker, successor } = slot;
      cancelRespawn(slot);
      slot.worker = successor!.worker;
      slot.successor = null;
      return worker ?? [];
    });
    old.push(...this.#dropSlots());
    commit();
    if (isReload || this.#phase === 'starting') this.#serve(app);
    if (isReload) this.#log(isBrutal ? reloads.killingBrutally : reloads.killing);
    for (const worker of old) {
      this.#retire(worker);
      if (isBrutal) worker.kill();
    }
    settle(true);
  }

  /** Takes slots away beyond `processes`. Returns who worked in them. */
  #dropSlots(): WorkerHandle[] {
    return this.#slots.splice(this.#life.settings.processes).flatMap((slot) => {
      cancelRespawn(slot);
      return slot.worker ?? [];
    });
  }

  #abandon({ slots, settle }: Replacement): void {
    for (const slot of slots) {
      const { successor } = slot;
      slot.successor = null;
      // It may have begun to serve.
      if (successor !== null && successor.worker.state !== 'gone') this.#retire(successor.worker);
    }
    this.#dropSlots();
    settle(false);
  }

  #retire(worker: WorkerHandle): void {
    this.#retiring.add(worker);
    this.#log(reloads.killingWorker(worker.id, worker.pid ?? 0));
    worker.stop(this.#mercy);
  }

  /** Seconds. */
  get #mercy(): number {
    const { workerReloadMercy, reloadMercy } = this.#life.settings;
    return Math.min(workerReloadMercy, reloadMercy ?? Number.POSITIVE_INFINITY);
  }

  #onReady(worker: WorkerHandle, { app, http, httpReason = null }: WorkerReady): void {
    this.#log(app === null ? noApp : appReadyLine(app.loadTime, worker.pid ?? 0, process.version));
    if (http !== null && !this.#httpAnnounced) this.#log(httpLine(http, httpReason));
    this.#httpAnnounced = true;
    if (this.#phase === 'stopping') return;
    if (this.#isPaused) worker.pause(true);
    const successor = this.#slots[worker.id - 1]?.successor;
    if (successor?.worker === worker) {
      this.#swapIfReady(successor.replacement, app);
      return;
    }
    const allReady = this.#slots.every((slot) => slot.worker?.state === 'ready');
    if (this.#phase === 'starting' && allReady) this.#serve(app);
  }

  #serve(app: LoadedApp | null): void {
    const isFirst = this.#phase === 'starting';
    this.#phase = 'serving';
    if (isFirst) this.#serving();
    this.#log(this.#summary(app));
  }

  #summary(app: LoadedApp | null): string {
    const { settings, listeners } = this.#life;
    return readyLine({
      app: app === null ? null : applicationText(app),
      processes: settings.processes,
      threads: settings.threads,
      sockets: listeners.map(({ name, protocol }) => `${name} (${protocol})`),
    });
  }

  #onFailed(worker: WorkerHandle, reason: string): void {
    // While the server stops the first failure has said it; the others' is the same.
    if (this.#phase === 'stopping' || this.#retiring.has(worker)) return;
    const isSuccessor = this.#slots[worker.id - 1]?.successor?.worker === worker;
    if (this.#phase === 'starting' && !isSuccessor) {
      this.#log(reason, ...gameOver);
      this.#exitCode = EXIT_FAILED_APP;
      this.#stopWorkers();
      return;
    }
    this.#log(reason);
  }

  #onEnded(worker: WorkerHandle, death: Death): void {
    const { id, pid } = worker;
    const slot = this.#slots[id - 1];
    if (this.#retiring.delete(worker)) {
      if (pid !== null) this.#log(reloads.killed(id, pid, endOf(death.code, death.signal)));
      this.#endIfDone();
    } else if (this.#phase === 'stopping') {
      const how = endOf(death.code, death.signal);
      if (pid !== null) this.#log(stops.buried(id, performance.now() - this.#stoppedAt, how));
      this.#endIfDone();
    } else if (slot?.successor?.worker === worker) {
      this.#log(deaths.successor(id, pid ?? 0, death.error?.message ?? endOf(death.code, death.signal)));
      this.#abandon(slot.successor.replacement);
    } else if (slot !== undefined) {
      slot.worker = null;
      this.#respawn(slot, worker, death);
    }
  }

  #respawn(slot: Slot, { id, pid }: WorkerHandle, { code, signal, error, lived }: Death): void {
    if (pid === null) this.#log(deaths.unspawnable(id, error?.message ?? ''));
    else if (code === EXIT_FAILED_APP) this.#log(deaths.unloadable(id, pid));
    else this.#log(deaths.worker(id, pid, endOf(code, signal)));
    const delay = slot.throttle.delayAfter(lived);
    if (delay > 0) this.#log(deaths.tooFast(`worker ${id}`, delay));
    slot.respawn = setTimeout(() => {
      const worker = this.#spawn(slot);
      if (worker.pid !== null) this.#log(deaths.respawned(id, worker.pid));
    }, delay);
  }

  #endIfDone(): void {
    if (this.#phase !== 'stopping') return;
    for (const { state } of this.#workers()) if (state !== 'gone') return;
    this.#end(this.#exitCode);
  }
}

function spawnedLines(workers: readonly WorkerHandle[], hasMaster: boolean, threads: number): string[] {
  const line = hasMaster ? spawnedWorker : spawnedOnlyWorker;
  return workers.flatMap(({ id, pid }) => (pid === null ? [] : line(id, pid, threads)));
}

/** `application of /srv/wsgi.js`, `listen(3000) of /srv/server.js (node)` */
function applicationText({ callable, file, kind }: LoadedApp): string {
  return `${callable} of ${file}${kind === 'wsgi' ? '' : ` (${kind})`}`;
}

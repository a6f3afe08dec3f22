/**
 * Keeps the workers alive: one process per slot, a dead one replaced, all of them exchanged by a reload and ended when
 * the server stops. Runs in the process that was started; never loads the application, so that nothing an application
 * does can end it. At the other end of every handle: src/worker/main.ts in a process of its own.
 */
import { cheaper } from '../log/cheaper.js';
import {
  appReadyLine,
  deaths,
  endOf,
  gameOver,
  httpLine,
  noApp,
  reloads,
  spawnedMaster,
  stops,
} from '../log/startup.js';
import { EXIT_FAILED_APP, type LoadedApp, type WorkerReady } from '../messages.js';
import { AppMetrics } from './app-metrics.js';
import { type Cheapable, initialWorkers } from './cheaper.js';
import { Crew, spawnedLines } from './crew.js';
import { Exchange } from './exchange.js';
import type { MasterParts, Phase } from './master-parts.js';
import { resize } from './resize.js';
import { cancelRespawn, type Replacement, type RespawnCause, type Slot } from './slot.js';
import { summaryLine } from './statistics.js';
import type { Death, Life, WorkerEvents, WorkerHandle } from './worker-handle.js';

export class Master {
  /** Resolves with the exit code when the last worker has gone after `stop`. */
  readonly ended: Promise<number>;
  /** What the applications count themselves. */
  readonly appMetrics: AppMetrics;

  readonly #log: MasterParts['log'];
  readonly #serving: () => void;
  readonly #stopping: () => void;
  readonly #killing: () => void;
  readonly #resting: () => void;
  readonly #hasPredecessors: boolean;
  readonly #drain: (() => Promise<void>) | null;
  readonly #crew: Crew;
  readonly #exchange: Exchange;
  #isPaused = false;
  #phase: Phase = 'starting';
  #stoppedAt = 0;
  #exitCode = 0;
  #httpAnnounced = false;
  #end!: (exitCode: number) => void;

  constructor(parts: MasterParts) {
    this.#log = parts.log;
    this.#serving = parts.serving ?? (() => {});
    this.#stopping = parts.stopping ?? (() => {});
    this.#killing = parts.killing ?? (() => {});
    this.#resting = parts.resting ?? (() => {});
    this.#hasPredecessors = parts.hasPredecessors ?? false;
    this.#drain = parts.drain ?? null;
    const events: WorkerEvents = {
      ready: (worker, message) => this.#onReady(worker, message),
      spent: () => parts.spent?.(),
      foreign: () => parts.foreign?.(),
      collected: (message) => this.appMetrics.receive(message),
      failed: (worker, reason) => this.#onFailed(worker, reason),
      noMercy: ({ id, pid }) => this.#log(stops.noMercy(id, pid ?? 0)),
      ended: (worker, death) => this.#onEnded(worker, death),
    };
    this.#crew = new Crew(parts, events, this.#log);
    this.appMetrics = new AppMetrics(() => this.#crew);
    this.#exchange = new Exchange({
      crew: this.#crew,
      isStopping: () => this.isStopping,
      onTakeover: (replacement, app) => this.#onTakeover(replacement, app),
      log: this.#log,
    });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get phase(): Phase | 'paused' {
    return this.#isPaused ? 'paused' : this.#phase;
  }

  /** Who works; for those that only look. */
  get crew(): Crew {
    return this.#crew;
  }

  /** It will not serve again. */
  get isStopping(): boolean {
    return this.#phase === 'draining' || this.#phase === 'stopping';
  }

  /** Spawns every worker, under `cheaper` those to begin with. */
  start(): void {
    const { settings } = this.life;
    const slots = settings.cheap ? [] : this.#crew.slots.slice(0, initialWorkers(settings));
    const workers = slots.map((slot) => this.#crew.spawn(slot));
    this.#log(
      ...(settings.master ? [spawnedMaster(process.pid)] : []),
      ...spawnedLines(workers, settings.master || settings.processes > 1, settings.threads),
    );
    if (settings.cheap) this.#serve(null);
  }

  /**
   * The first call lets the workers finish what they do, within `worker-reload-mercy` seconds; the next one kills them.
   * @param why the signal, as the log names it.
   */
  stop(why: string): void {
    if (this.isStopping) {
      this.#log(stops.brutal(why));
      this.#stopWorkers();
      this.#kill();
      return;
    }
    this.#log(stops.graceful(why, this.#crew.mercy));
    this.resume();
    const drain = this.#phase === 'serving' ? this.#drain : null;
    this.#phase = 'draining';
    this.#stopping();
    if (drain === null) this.#stopWorkers();
    else void drain().then(() => this.#stopWorkers());
  }

  /** Kills the workers at once. */
  stopBrutally(why: string, exitCode = 0): void {
    this.#log(stops.brutalFirst(why));
    this.#exitCode = exitCode;
    this.#stopWorkers();
    this.#kill();
  }

  #kill(): void {
    for (const worker of this.#crew) worker.kill();
    this.#killing();
  }

  /** Exchanges every worker; see `Exchange.all`. */
  replaceAll(life: Life, commit: () => void, isBrutal = false): Promise<boolean> {
    if (this.isStopping) return Promise.resolve(false);
    this.resume();
    return this.#exchange.all(life, commit, isBrutal);
  }

  /** Exchanges the workers one by one; see `Exchange.inTurn`. */
  replaceInTurn(): Promise<boolean> {
    this.resume();
    return this.#exchange.inTurn();
  }

  /**
   * Exchanges the worker of one slot.
   * @returns whether another serves in its place.
   */
  replaceWorker(id: number): Promise<boolean> {
    const slot = this.#crew.slotOf({ id });
    const isFree = this.#phase === 'serving' && slot?.worker?.state === 'ready' && slot.successor === null;
    return isFree ? this.#exchange.one(slot, 'recycle') : Promise.resolve(false);
  }

  /** The workers that serve; none while others are being exchanged, or while the server does not simply serve. */
  get serving(): readonly WorkerHandle[] {
    if (this.#phase !== 'serving' || this.#isPaused || this.#exchange.isRunning) return [];
    return this.#crew.slots.flatMap(({ worker }) => (worker?.state === 'ready' ? worker : []));
  }

  /** Every place in which somebody works or is about to; null as for `serving`. */
  get working(): readonly Cheapable[] | null {
    if (this.#phase !== 'serving' || this.#isPaused || this.#exchange.isRunning) return null;
    return this.#crew.active.map(({ id, worker }) => worker ?? { id, pid: null, age: null, score: null });
  }

  /**
   * Starts workers in places where nobody works, of which there are some under `cheaper` and in cheap mode.
   * @returns how many.
   */
  wake(count = initialWorkers(this.life.settings)): number {
    // While it drains, too: whoever has connected is served.
    const isOpen = this.#phase === 'serving' || this.#phase === 'draining';
    return isOpen ? this.#crew.wake(count) : 0;
  }

  /** Lets a worker finish and go; its place stays empty. */
  cheapen(id: number): void {
    const slot = this.#crew.slotOf({ id });
    if (slot !== undefined && slot.successor === null) this.#crew.cheapen(slot);
  }

  /** Cheap mode: lets every worker finish and go, until a connection waits. */
  goCheap(): void {
    if (this.working === null || this.#crew.active.length === 0) return;
    for (const slot of this.#crew.active) this.#crew.cheapen(slot, false);
    this.#rest();
  }

  #rest(): void {
    this.#log(cheaper.waiting);
    this.#resting();
  }

  /** Workers that rest answer nothing, and lose nothing either: connections wait. */
  pause(): void {
    if (this.isStopping || this.#isPaused) return;
    this.#isPaused = true;
    this.#log(stops.paused);
    for (const worker of this.#crew) worker.pause(true);
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#log(stops.resumed);
    for (const worker of this.#crew) worker.pause(false);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** What workers are started with now. */
  get life(): Life {
    return this.#crew.life;
  }

  /** One worker more or less than now; see `resize`. */
  resize(by: 1 | -1): void {
    if (this.#phase !== 'serving') return;
    this.resume();
    this.#log(...resize(this.#crew, by, this.working));
  }

  /** The log file is another. */
  reopenLogs(): void {
    for (const worker of this.#crew) worker.reopenLogs();
  }

  #stopWorkers(): void {
    if (this.#phase === 'stopping') return;
    this.resume();
    if (this.#phase !== 'draining') this.#stopping();
    this.#phase = 'stopping';
    this.#stoppedAt = performance.now();
    for (const slot of this.#crew.slots) cancelRespawn(slot);
    for (const worker of this.#crew) worker.stop(this.#crew.mercy);
    this.#exchange.giveUp();
    this.#endIfDone();
  }

  #onReady(worker: WorkerHandle, { app, http, httpReason = null }: WorkerReady): void {
    this.#log(app === null ? noApp : appReadyLine(app.loadTime, worker.pid ?? 0, process.version));
    if (http !== null && !this.#httpAnnounced) this.#log(httpLine(http, httpReason));
    this.#httpAnnounced = true;
    if (this.#phase === 'stopping') return;
    if (this.#isPaused) worker.pause(true);
    const successor = this.#crew.slotOf(worker)?.successor;
    if (successor?.worker === worker) {
      this.#exchange.takeOver(successor.replacement, app);
      return;
    }
    const allReady = this.#crew.active.every((slot) => slot.worker?.state === 'ready');
    if (this.#phase === 'starting' && allReady) this.#serve(app);
  }

  #onTakeover({ isReload, isBrutal }: Replacement, app: LoadedApp | null): void {
    if (isReload || this.#phase === 'starting') this.#serve(app);
    if (isReload) this.#log(isBrutal ? reloads.killingBrutally : reloads.killing);
  }

  #serve(app: LoadedApp | null): void {
    if (this.#phase === 'starting') {
      this.#phase = 'serving';
      this.#serving();
    }
    if (this.#crew.active.length === 0) this.#rest();
    else this.#log(summaryLine(this.#crew, app));
  }

  #onFailed(worker: WorkerHandle, reason: string): void {
    // While the server stops the first failure has said it; the others' is the same.
    if (this.#phase === 'stopping' || this.#crew.retiring.has(worker)) return;
    const isSuccessor = this.#crew.slotOf(worker)?.successor?.worker === worker;
    if (this.#phase === 'starting' && !isSuccessor && !this.#hasPredecessors) {
      this.#log(reason, ...gameOver);
      this.#exitCode = EXIT_FAILED_APP;
      this.#stopWorkers();
      return;
    }
    this.#log(reason);
  }

  #onEnded(worker: WorkerHandle, death: Death): void {
    const { id, pid } = worker;
    const slot = this.#crew.slotOf(worker);
    this.#crew.ended(worker);
    if (this.#crew.retiring.delete(worker)) {
      if (this.#crew.cheaped.has(worker)) this.#log(cheaper.cheaped(id));
      else if (pid !== null) this.#log(reloads.killed(id, pid, endOf(death.code, death.signal)));
      this.#endIfDone();
    } else if (this.#phase === 'stopping') {
      const how = endOf(death.code, death.signal);
      if (pid !== null) this.#log(stops.buried(id, performance.now() - this.#stoppedAt, how));
      this.#endIfDone();
    } else if (slot?.successor?.worker === worker) {
      this.#log(deaths.successor(id, pid ?? 0, death.error?.message ?? endOf(death.code, death.signal)));
      this.#exchange.abandon(slot.successor.replacement);
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
      const worker = this.#crew.spawn(slot, causeOf(code, signal));
      if (worker.pid !== null) this.#log(deaths.respawned(id, worker.pid));
    }, delay);
  }

  #endIfDone(): void {
    if (this.#phase !== 'stopping') return;
    for (const { state } of this.#crew) if (state !== 'gone') return;
    this.#end(this.#exitCode);
  }
}

function causeOf(code: number | null, signal: number | null): RespawnCause {
  if (signal !== null) return 'signal';
  return code === EXIT_FAILED_APP ? 'load' : 'exit';
}

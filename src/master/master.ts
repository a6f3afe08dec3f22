/**
 * Keeps the workers alive: one process per slot, a dead one replaced, all of them ended when the server stops. Runs in
 * the process that was started; never loads the application, so that nothing an application does can end it.
 * At the other end of every handle: src/worker/main.ts in a process of its own.
 */
import type { Settings } from '../config/settings.js';
import {
  appReadyLine,
  deaths,
  endOf,
  gameOver,
  httpLine,
  noApp,
  readyLine,
  spawnedMaster,
  spawnedOnlyWorker,
  spawnedWorker,
  stops,
} from '../log/startup.js';
import { EXIT_FAILED_APP, type InheritedListener, type LoadedApp, type WorkerReady } from '../messages.js';
import { Throttle } from '../throttle.js';
import { type Death, type SpawnWorker, type WorkerEvents, WorkerHandle } from './worker-handle.js';

export interface MasterParts {
  settings: Settings;
  listeners: readonly InheritedListener[];
  spawn: SpawnWorker;
  log(...lines: string[]): void;
}

/** A numbered place for a worker. Its process changes, the place stays. */
interface Slot {
  readonly id: number;
  readonly throttle: Throttle;
  worker: WorkerHandle | null;
  /** Set while the next start is put off. */
  respawn: NodeJS.Timeout | null;
}

export class Master {
  /** Resolves with the exit code when the last worker has gone after `stop`. */
  readonly ended: Promise<number>;

  readonly #parts: MasterParts;
  readonly #slots: Slot[];
  readonly #events: WorkerEvents;
  #phase: 'starting' | 'serving' | 'stopping' = 'starting';
  #stoppedAt = 0;
  #exitCode = 0;
  #httpAnnounced = false;
  #end!: (exitCode: number) => void;

  constructor(parts: MasterParts) {
    this.#parts = parts;
    this.#slots = Array.from({ length: parts.settings.processes }, (_, index) => ({
      id: index + 1,
      throttle: new Throttle(),
      worker: null,
      respawn: null,
    }));
    this.#events = {
      ready: (worker, message) => this.#onReady(worker, message),
      failed: (_, reason) => this.#onFailed(reason),
      noMercy: ({ id, pid }) => parts.log(stops.noMercy(id, pid ?? 0)),
      ended: (worker, death) => this.#onEnded(worker, death),
    };
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Spawns every worker. */
  start(): void {
    const { settings, log } = this.#parts;
    const workers = this.#slots.map((slot) => this.#spawn(slot));
    const spawned = workers.filter(({ pid }) => pid !== null);
    const line = settings.master || settings.processes > 1 ? spawnedWorker : spawnedOnlyWorker;
    log(
      ...(settings.master ? [spawnedMaster(process.pid)] : []),
      ...spawned.map(({ id, pid }) => line(id, pid!, settings.threads)),
    );
  }

  /**
   * The first call lets the workers finish what they do, within `worker-reload-mercy` seconds; the next one kills them.
   * @param why the signal, as the log names it.
   */
  stop(why: string): void {
    const { log, settings } = this.#parts;
    if (this.#phase === 'stopping') {
      log(stops.brutal(why));
      for (const { worker } of this.#slots) worker?.kill();
      return;
    }
    log(stops.graceful(why, settings.workerReloadMercy));
    this.#stopWorkers();
  }

  #stopWorkers(): void {
    this.#phase = 'stopping';
    this.#stoppedAt = performance.now();
    for (const slot of this.#slots) {
      if (slot.respawn !== null) clearTimeout(slot.respawn);
      slot.worker?.stop(this.#parts.settings.workerReloadMercy);
    }
    this.#endIfDone();
  }

  #spawn(slot: Slot): WorkerHandle {
    slot.respawn = null;
    slot.worker = new WorkerHandle(slot.id, this.#parts, this.#events);
    return slot.worker;
  }

  #onReady(worker: WorkerHandle, { app, http, httpReason = null }: WorkerReady): void {
    const { log } = this.#parts;
    log(app === null ? noApp : appReadyLine(app.loadTime, worker.pid ?? 0, process.version));
    if (http !== null && !this.#httpAnnounced) log(httpLine(http, httpReason));
    this.#httpAnnounced = true;
    const allReady = this.#slots.every((slot) => slot.worker?.state === 'ready');
    if (this.#phase !== 'starting' || !allReady) return;
    this.#phase = 'serving';
    log(this.#summary(app));
  }

  #summary(app: LoadedApp | null): string {
    const { settings, listeners } = this.#parts;
    return readyLine({
      app: app === null ? null : applicationText(app),
      processes: settings.processes,
      threads: settings.threads,
      sockets: listeners.map(({ name, protocol }) => `${name} (${protocol})`),
    });
  }

  #onFailed(reason: string): void {
    const { log } = this.#parts;
    switch (this.#phase) {
      case 'starting':
        log(reason, ...gameOver);
        this.#exitCode = EXIT_FAILED_APP;
        this.#stopWorkers();
        return;
      case 'serving':
        log(reason);
        return;
      case 'stopping':
        // The first failure said it; the others' is the same.
        return;
    }
  }

  #onEnded(worker: WorkerHandle, death: Death): void {
    const slot = this.#slots[worker.id - 1]!;
    slot.worker = null;
    if (this.#phase === 'stopping') {
      const time = performance.now() - this.#stoppedAt;
      const how = endOf(death.code, death.signal);
      if (worker.pid !== null) this.#parts.log(stops.buried(worker.id, time, how));
      this.#endIfDone();
      return;
    }
    this.#replace(slot, worker, death);
  }

  #replace(slot: Slot, { id, pid }: WorkerHandle, { code, signal, error, lived }: Death): void {
    const { log } = this.#parts;
    if (pid === null) log(deaths.unspawnable(id, error?.message ?? ''));
    else if (code === EXIT_FAILED_APP) log(deaths.unloadable(id, pid));
    else log(deaths.worker(id, pid, endOf(code, signal)));
    const delay = slot.throttle.delayAfter(lived);
    if (delay > 0) log(deaths.tooFast(`worker ${id}`, delay));
    slot.respawn = setTimeout(() => {
      const worker = this.#spawn(slot);
      if (worker.pid !== null) log(deaths.respawned(id, worker.pid));
    }, delay);
  }

  #endIfDone(): void {
    if (this.#slots.every(({ worker }) => worker === null)) this.#end(this.#exitCode);
  }
}

/** `application of /srv/wsgi.js`, `listen(3000) of /srv/server.js (node)` */
function applicationText({ callable, file, kind }: LoadedApp): string {
  return `${callable} of ${file}${kind === 'wsgi' ? '' : ` (${kind})`}`;
}

/** What reaches a running master: signals, fifos, files that are touched, limits of workers, those who look at it. */
import { resolve } from 'node:path';
import { reloads, stops } from '../log/startup.js';
import { LogBatch, log } from '../log/stderr.js';
import { native } from '../native.js';
import { Census } from './census.js';
import { Cheaper } from './cheaper.js';
import { Cron } from './cron.js';
import { Daemons } from './daemons.js';
import { DebugDoor } from './debug-door.js';
import { Debugging } from './debugging.js';
import { Endpoints } from './endpoints.js';
import { type Letters, MasterFifo } from './fifo.js';
import type { Handover } from './handover.js';
import { HarakiriGuard } from './harakiri.js';
import { Idle } from './idle.js';
import type { Instance } from './instance.js';
import { waitingAt } from './listeners.js';
import type { Master } from './master.js';
import type { Predecessors } from './predecessors.js';
import { Recycler } from './recycle.js';
import { Reloader, type ReloadKind } from './reload.js';
import type { SignalCalls } from './signals.js';
import { activityLines, statisticsLines } from './statistics.js';
import { tracebackOf } from './traceback.js';
import { Triggers } from './triggers.js';
import { Upgrade } from './upgrade.js';

export class Doors {
  readonly #instance: Instance;
  readonly #master: Master;
  readonly #predecessors: Predecessors | null;
  readonly #reloader: Reloader;
  readonly #endpoints: Endpoints;
  readonly #upgrade: Upgrade;
  /** Programs beside the workers. */
  readonly daemons: Daemons;
  /** Commands at certain times. */
  readonly cron: Cron;
  #debugDoor: DebugDoor | null = null;
  readonly #triggers: Triggers;
  /** Null: it could not be opened, and that was no reason to stop. */
  #fifo: MasterFifo | null = null;
  #recycler!: Recycler;
  #guard!: HarakiriGuard;
  #cheaper!: Cheaper;
  #idle!: Idle;

  /**
   * @param onReload told when reloads begin and when they are over.
   * @throws {UwsgiNodeError} UWSGI_FIFO
   */
  constructor(
    instance: Instance,
    master: Master,
    predecessors: Predecessors | null,
    onReload: (isRunning: boolean) => void,
  ) {
    this.#instance = instance;
    this.#master = master;
    this.#predecessors = predecessors;
    this.#reloader = new Reloader({
      workforce: {
        get isStopping() {
          return master.isStopping;
        },
        get life() {
          return master.life;
        },
        replaceAll: (life, commit, isBrutal) => master.replaceAll(life, () => this.#commit(commit), isBrutal),
        replaceInTurn: () => master.replaceInTurn(),
      },
      prepare: async () => {
        if (this.#upgrade.isDue) await this.#upgrade.run();
        const lines = new LogBatch();
        return instance.prepareReload(lines).finally(() => lines.flush());
      },
      log,
      onRunning: onReload,
    });
    this.daemons = new Daemons({
      log,
      stopServer: (why) => {
        if (!master.isStopping) master.stop(why);
      },
      lastingLog: instance.logs.original ?? 2,
    });
    this.cron = new Cron({ log, now: Date.now, env: () => instance.environment, native });
    this.#upgrade = new Upgrade({
      env: instance.start.env,
      cwd: () => instance.home,
      native,
      log,
      isStopping: () => master.isStopping,
      leave: () => this.#leave(),
      handOver: () => this.#handOver(),
      stay: () => {
        instance.logs.stay();
        this.daemons.apply(instance.settings);
      },
    });
    this.#fifo = predecessors === null ? this.#openFifo() : this.#tryFifo();
    this.#triggers = new Triggers({
      logs: instance.logs,
      env: () => instance.environment,
      reload: (why, kind) => this.reload(why, kind),
      fail: (path) => master.stopBrutally(`check-mountpoint = ${path}`, 1),
      log,
    });
    this.#triggers.apply(instance.settings);
    this.#supervise();
    const census = new Census({
      crew: master.crew,
      instance,
      phase: () => master.phase,
      crons: () => this.cron.snapshot,
      native,
    });
    this.#endpoints = new Endpoints({
      settings: () => instance.settings,
      snapshot: () => census.take(),
      traceback: (id) => tracebackOf(Array.from(master.crew).filter((worker) => worker.id === id)),
      appMetrics: () => master.appMetrics.collect(),
      native,
      log,
    });
    this.#endpoints.serve(instance.endpoints);
  }

  /** To be called when workers have been spawned, who do not wait for it then. */
  openToDebuggers(): void {
    const debugging = new Debugging({
      workers: this.#master.crew,
      directory: () => resolve(this.#instance.settings.profileDir),
      log,
    });
    this.#debugDoor = new DebugDoor({
      pid: process.pid,
      uid: () => process.getuid!(),
      answer: (request) => debugging.answer(request),
      native,
      log,
    });
  }

  /** To be called when no worker runs. */
  waitForConnection(): void {
    this.#idle.waitForConnection();
  }

  /** To be called when a worker is of another version than this master: nobody could replace it otherwise. */
  noticeForeign(): void {
    // Before that nothing is there that could be handed over.
    if (this.#master.phase !== 'serving' || this.#upgrade.isNoticed) return;
    this.#upgrade.noticeForeign();
    this.#reloader.request(reloads.foreign);
  }

  /** Before another program takes the place of this one. */
  async #leave(): Promise<void> {
    // Workers that are stopped would not see the end of their lifeline, and nobody could tell them to go on.
    this.#master.resume();
    await this.daemons.stop();
    await Promise.all(Array.from(this.#master.crew, (worker) => worker.handOver()));
  }

  /** Everything that another program can have goes to it. */
  #handOver(): Handover {
    this.#instance.logs.leave();
    const living = Array.from(this.#master.crew).filter(({ state }) => state !== 'gone');
    const left = this.#predecessors?.remains ?? { lifelines: [], workers: [] };
    return this.#instance.handOver(
      living.flatMap(({ pid }) => pid ?? []),
      left,
      this.cron.state,
    );
  }

  /** To be called when a worker may have to be replaced. */
  recycle(): void {
    this.#recycler.look();
  }

  /** @param why the line for the log. */
  reload(why: string, kind: ReloadKind = 'full'): void {
    if (this.#instance.settings.exitOnReload) this.#master.stop(reloads.exit(why));
    else this.#reloader.request(why, kind);
  }

  /** What uWSGI's functions mean here. */
  get signalCalls(): SignalCalls {
    const master = this.#master;
    return {
      gracefully_kill_them_all: (signal) => master.stop(signal),
      kill_them_all: (signal) => master.stopBrutally(signal),
      grace_them_all: (signal) => this.reload(reloads.asked(signal)),
      reap_them_all: (signal) => this.reload(reloads.asked(signal), 'brutal'),
      uwsgi_go_cheap: () => master.goCheap(),
      stats: () => this.printStatistics(),
    };
  }

  togglePause(): void {
    if (this.#master.isPaused) this.#master.resume();
    else this.#master.pause();
  }

  printStatistics(): void {
    log(...statisticsLines(this.#master.crew, this.#master.phase));
  }

  /** Which requests are where. */
  printActivity(): void {
    log(...activityLines(this.#master.crew));
  }

  close(): void {
    this.#triggers.close();
    this.#fifo?.close();
    this.#unsupervise();
    this.#endpoints.close();
    this.#debugDoor?.close();
  }

  /** The settings may be others now. */
  #commit(commit: () => void): void {
    const before = this.#instance.settings;
    commit();
    if (this.#instance.settings.logReopen) log(...this.#instance.logs.reopen());
    this.daemons.apply(this.#instance.settings);
    this.cron.apply(this.#instance.settings);
    this.#triggers.apply(this.#instance.settings);
    this.#unsupervise();
    this.#supervise();
    this.#endpoints.serve(this.#instance.endpoints);
    const isSame = String(before.masterFifo) === String(this.#instance.settings.masterFifo);
    if (isSame && this.#fifo !== null) return;
    this.#fifo?.close();
    this.#fifo = this.#tryFifo();
  }

  #supervise(): void {
    const master = this.#master;
    const settings = () => master.life.settings;
    this.#recycler = new Recycler({
      settings,
      workers: () => master.serving,
      replace: (id) => master.replaceWorker(id),
      log,
    });
    this.#guard = new HarakiriGuard({
      workers: () => (master.isPaused ? null : master.crew),
      monotonic: () => native.monotonic(),
      rests: () => {
        const { harakiri, harakiriQueueThreshold: least } = settings();
        return harakiri > 0 && least > 0 && waitingAt(master.life.listeners, native) < least;
      },
      rest: (rests) => native.restHarakiri(rests),
      log,
    });
    this.#cheaper = new Cheaper({
      settings,
      workers: () => master.working,
      waiting: () => waitingAt(master.life.listeners, native),
      start: (count) => master.wake(count),
      stop: (id) => master.cheapen(id),
      log,
    });
    this.#idle = new Idle({
      settings,
      scores: () => master.working?.map(({ age, score }) => (age === null ? null : score)) ?? null,
      onConnection: (callback) =>
        native.watchReadable(
          master.life.listeners.map(({ fd }) => fd),
          callback,
        ),
      goCheap: () => master.goCheap(),
      wake: () => master.wake(),
      stop: (why) => master.stop(why),
      log,
    });
  }

  #unsupervise(): void {
    this.#recycler.close();
    this.#guard.close();
    this.#cheaper.close();
    this.#idle.close();
  }

  #tryFifo(): MasterFifo | null {
    try {
      return this.#openFifo();
    } catch (error) {
      log(`uwsgi-node: ${(error as Error).message}`);
      return null;
    }
  }

  #openFifo(): MasterFifo {
    const paths = this.#instance.settings.masterFifo.map((path) => resolve(path));
    return new MasterFifo(paths, this.#letters(), native, (error) => log(`uwsgi-node: ${error.message}`));
  }

  /** uWSGI's letters. Those of things that are not there say so. */
  #letters(): Letters {
    const master = this.#master;
    const reload = (letter: string, what: string, kind: ReloadKind) => () =>
      this.reload(reloads.byFifo(letter, what), kind);
    const unknown = (letter: string, meaning: string) => () => log(stops.unknownLetter(letter, meaning));
    return {
      '+': () => master.resize(1),
      '-': () => master.resize(-1),
      c: reload('c', 'chain reloading', 'chain'),
      p: () => this.togglePause(),
      P: () => log(...this.#instance.pidfiles.rewrite()),
      q: () => master.stop('q on the master fifo'),
      Q: () => master.stopBrutally('Q on the master fifo'),
      r: reload('r', 'gracefully reloading', 'full'),
      R: reload('R', 'brutally reloading', 'brutal'),
      s: () => this.printStatistics(),
      w: reload('w', 'gracefully reloading the workers', 'workers'),
      W: reload('W', 'brutally reloading the workers', 'workers-brutal'),
      B: unknown('B', 'the Emperor'),
      C: () => master.goCheap(),
      E: unknown('E', 'the Emperor'),
      f: unknown('f', 'another fork of the master'),
      l: () => log(...this.#instance.logs.reopen()),
      L: () => log(...this.#instance.logs.rotate()),
      S: unknown('S', 'a subscription'),
    };
  }
}

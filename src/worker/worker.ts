/**
 * The control thread of a worker: starts the JS threads, replaces those that die, ends them all when the master says so
 * or is gone. Never runs application code, so that it can act while an application is stuck.
 * At the other ends: src/master/worker-handle.ts over a channel, src/thread/main.ts over message ports.
 */
import type { Settings } from '../config/settings.js';
import { startErrors } from '../errors.js';
import { harakiri } from '../log/harakiri.js';
import { serverStyle } from '../log/line-style.js';
import { deaths } from '../log/startup.js';
import { setLineStyle } from '../log/stderr.js';
import {
  type Aftermath,
  type DebugAddress,
  EXIT_FAILED_APP,
  type Look,
  type MasterToWorker,
  MESSAGES_VERSION,
  type ScoreRows,
  type StartWorker,
  type WorkerReady,
} from '../messages.js';
import { Throttle } from '../throttle.js';
import { bindWorker } from './affinity.js';
import { type ThreadDeath, type ThreadEvents, ThreadHandle } from './thread-handle.js';
import type { WorkerParts } from './worker-parts.js';

/** A core of the worker. Its thread changes, the place stays. */
interface Slot {
  readonly core: number;
  readonly throttle: Throttle;
  thread: ThreadHandle | null;
  /** Set while the next start is put off. */
  respawn: NodeJS.Timeout | null;
}

/** How long threads that have finished their last request may take to end (application code at exit), milliseconds. */
const LAST_WORDS = 1_000;
/** Milliseconds between two measurements of how busy the threads are. */
const LOAD_INTERVAL = 1_000;
/** How long the other threads of a process that must be killed may finish their requests, milliseconds. */
const NEIGHBOURS_PATIENCE = 5_000;
/** setTimeout takes no more. */
const LONGEST_TIMER = 2 ** 31 - 1;

export class WorkerControl {
  readonly #parts: WorkerParts;
  readonly #events: ThreadEvents;
  #phase: 'waiting' | 'starting' | 'serving' | 'stopping' | 'failing' = 'waiting';
  #start!: StartWorker;
  #slots: Slot[] = [];
  #http: string | null = null;
  /** Debuggers may connect to its threads. */
  #isDebugged = false;
  /** Cores whose thread cannot be ended: the process is about to be. */
  readonly #stuck = new Set<number>();
  #lastWords: NodeJS.Timeout | null = null;
  #isHandedOver = false;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#events = {
      ready: (thread, message) => this.#onReady(thread, message),
      failed: (thread, reason) => this.#onFailed(thread, reason),
      collected: (message) => parts.send(message, () => {}),
      spoiled: () => parts.send({ type: 'spoiled' }, () => {}),
      foreign: () => parts.send({ type: 'foreign' }, () => {}),
      spent: () => parts.send({ type: 'spent' }, () => {}),
      drained: () => this.#onDrained(),
      ended: (thread, death) => this.#onEnded(thread, death),
    };
  }

  receive(message: MasterToWorker): void {
    switch (message.type) {
      case 'start':
        this.#begin(message);
        return;
      case 'stop':
        this.#stop(message);
        return;
      case 'collect':
        for (const { thread } of this.#slots) thread?.collect(message.ask);
        return;
      case 'reopen-logs':
        this.#reopenLogs();
        return;
      case 'look':
        void this.#look(message);
        return;
      case 'take-debug-port':
        this.#openToDebuggers();
        return;
      case 'hand-over':
        this.#handOver();
    }
  }

  #openToDebuggers(): void {
    this.#isDebugged = true;
    for (const { core, thread } of this.#slots) {
      const address = this.#debugAddress(core);
      // The reload may have taken `inspect` away.
      if (address !== null) thread?.debug(address);
    }
  }

  /** Null: debuggers are not to connect. */
  #debugAddress(core: number): DebugAddress | null {
    const inspect = this.#settings?.inspect ?? null;
    if (inspect === null || !this.#isDebugged) return null;
    return { host: inspect.host, port: inspect.port === 0 ? 0 : inspect.port + core };
  }

  async #look({ ask, question }: Look): Promise<void> {
    const { workerId, scores } = this.#start;
    const threads = this.#slots.flatMap(({ core, thread }) =>
      thread === null ? [] : { thread, row: scores === undefined ? null : scores.row + core },
    );
    const answer = await this.#parts.answer(workerId, question, threads);
    this.#parts.send({ type: 'looked', ask, answer }, () => {});
  }

  /** The next master lives in the same process, but has another channel: it ends this worker by the lifeline. */
  #handOver(): void {
    if (this.#isHandedOver || this.#start.lifeline === undefined) return;
    this.#isHandedOver = true;
    // The pipe of the log is the old program's.
    if (this.#start.logs !== undefined) this.#parts.saveLogs(this.#start.logs);
    this.#parts.watchEnd(this.#start.lifeline, () => this.#stop({ isReplaced: true }));
  }

  /** The channel to the master is closed: it was killed. Nobody else bounds the time a stop may take now. */
  masterGone(): void {
    if (this.#isHandedOver) return;
    if (this.#start?.logs !== undefined) this.#parts.saveLogs(this.#start.logs);
    const mercy = this.#settings?.workerReloadMercy ?? 0;
    setTimeout(() => this.#parts.exit(1), Math.min(mercy * 1000, LONGEST_TIMER)).unref();
    // Else the next master could not bind the port until the last request is over.
    void this.#parts.lastCall(this.#start?.listeners ?? []).then(() => this.#stop());
  }

  #reopenLogs(): void {
    if (this.#start?.logs !== undefined) this.#parts.log(...this.#parts.reopenLogs(this.#start.logs));
  }

  get #settings(): Settings | undefined {
    return this.#start?.settings;
  }

  #begin(start: StartWorker): void {
    this.#start = start;
    this.#isDebugged = start.isDebugged ?? false;
    if (start.version !== MESSAGES_VERSION) {
      this.#parts.send({ type: 'foreign' }, () => {});
      this.#giveUp(startErrors.messagesVersion(start.version, MESSAGES_VERSION).message);
      return;
    }
    this.#phase = 'starting';
    setLineStyle(serverStyle(start.settings));
    const { cpuAffinity } = start.settings;
    if (cpuAffinity > 0) this.#parts.log(bindWorker(start.workerId, cpuAffinity, this.#parts.pin));
    // uWebSockets.js reads it when a thread loads it, and there `process.env` is only a copy (src/http/uws.ts).
    process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= String(start.settings.bufferSize);
    this.#slots = Array.from({ length: start.settings.threads }, (_, core) => ({
      core,
      throttle: new Throttle(),
      thread: null,
      respawn: null,
    }));
    for (const slot of this.#slots) this.#spawn(slot);
    if (start.scores === undefined) return;
    this.#reportLoads(start.scores);
    if (start.settings.harakiri > 0) this.#watch(start, start.scores);
  }

  /** Every second: nobody has to ask a thread, which may be stuck. */
  #reportLoads({ fd, size, row }: ScoreRows): void {
    const { scoreboard } = this.#parts;
    scoreboard.mapScoreboard(fd, size);
    const report = () => {
      for (const { core, thread } of this.#slots) {
        scoreboard.reportLoad(row + core, Math.round((thread?.measureLoad() ?? 0) * 1000));
      }
    };
    setInterval(report, LOAD_INTERVAL).unref();
  }

  #watch({ workerId, settings }: StartWorker, board: ScoreRows): void {
    this.#parts.watch({
      workerId,
      isVerbose: settings.harakiriVerbose,
      board,
      cores: () =>
        this.#slots.flatMap(({ core, thread }) =>
          // What the row says of one that still loads is its predecessor's.
          thread?.state === 'ready' || thread?.state === 'draining'
            ? { core, row: board.row + core, thread }
            : [],
        ),
      canTerminate: () => this.#http !== 'uWebSockets.js',
      giveUp: (core) => this.#giveUpProcess(core),
    });
  }

  /** A thread cannot be ended, so the process must be: as soon as the others have finished, or after a while. */
  #giveUpProcess(core: number): void {
    const { log, pid } = this.#parts;
    const why = this.#http === 'uWebSockets.js' ? 'it runs uWebSockets.js' : 'it runs native code';
    log(harakiri.process(core, this.#start.workerId, pid, why));
    this.#stuck.add(core);
    setTimeout(() => this.#parts.kill(), NEIGHBOURS_PATIENCE);
    for (const { thread, respawn } of this.#slots) {
      if (respawn !== null) clearTimeout(respawn);
      if (thread !== null && !this.#stuck.has(thread.core)) thread.drain();
    }
    this.#killIfDone();
  }

  #killIfDone(): void {
    const others = this.#slots.filter(({ core, thread }) => thread !== null && !this.#stuck.has(core));
    if (others.every(({ thread }) => thread!.state === 'drained')) this.#parts.kill();
  }

  #spawn(slot: Slot): void {
    const { workerId, settings, listeners, scores: first, logs, exchange } = this.#start;
    const requestLogFd = logs === undefined || logs.requests === null ? 2 : logs.first + logs.requests;
    slot.respawn = null;
    const scores = first && { ...first, row: first.row + slot.core };
    const debug = this.#debugAddress(slot.core);
    const start = {
      ...{
        version: MESSAGES_VERSION,
        workerId,
        core: slot.core,
        settings,
        listeners,
        scores,
        requestLogFd,
        exchange,
      },
      ...(debug !== null && { debug }),
    };
    slot.thread = new ThreadHandle(start, this.#parts.spawnThread, this.#events);
  }

  #onReady(thread: ThreadHandle, message: WorkerReady): void {
    this.#http ??= message.http;
    if (this.#phase === 'serving') {
      this.#parts.log(deaths.respawnedCore(thread.core, this.#start.workerId));
      return;
    }
    if (this.#phase !== 'starting' || this.#slots.some((slot) => slot.thread?.state !== 'ready')) return;
    this.#phase = 'serving';
    this.#parts.send(message, () => {});
  }

  #onFailed(thread: ThreadHandle, reason: string): void {
    if (this.#phase === 'starting') {
      this.#giveUp(reason);
      return;
    }
    // While the server stops, the one failure that made it stop has been told.
    if (this.#phase === 'serving') this.#parts.log(reason);
    thread.terminate();
  }

  /** The application cannot be loaded: whether the server starts without this worker is the master's to decide. */
  #giveUp(reason: string): void {
    this.#phase = 'failing';
    this.#parts.send({ type: 'failed', reason }, () => this.#parts.exit(EXIT_FAILED_APP));
  }

  #stop(after: Aftermath = {}): void {
    if (this.#phase === 'stopping' || this.#phase === 'failing') return;
    this.#phase = 'stopping';
    for (const { respawn, thread } of this.#slots) {
      if (respawn !== null) clearTimeout(respawn);
      thread?.drain(after);
    }
    this.#exitIfDone();
  }

  #onDrained(): void {
    if (this.#stuck.size > 0) this.#killIfDone();
    else this.#exitIfDone();
  }

  #onEnded(thread: ThreadHandle, death: ThreadDeath): void {
    const slot = this.#slots[thread.core]!;
    slot.thread = null;
    const { scores } = this.#start;
    if (scores !== undefined) this.#parts.scoreboard.forgetDeadlines(scores.row + thread.core);
    if (this.#stuck.size > 0) {
      this.#killIfDone();
      return;
    }
    switch (this.#phase) {
      case 'stopping':
        this.#exitIfDone();
        return;
      case 'failing':
        return;
      case 'starting':
        this.#giveUp(
          death.error === undefined ? startErrors.endedWhileLoading(death.code).message : words(death.error),
        );
        return;
      default:
        this.#replace(slot, death);
    }
  }

  #replace(slot: Slot, { error, code, lived, failed, reason }: ThreadDeath): void {
    const { log, pid } = this.#parts;
    const id = this.#start.workerId;
    if (failed) log(deaths.unloadableCore(slot.core, id, pid));
    else log(deaths.core(slot.core, id, pid, reason ?? causeOf(error, code)));
    if (error !== undefined) log(words(error));
    const delay = slot.throttle.delayAfter(lived);
    if (delay > 0) log(deaths.tooFast(`core ${slot.core} of worker ${id}`, delay));
    slot.respawn = setTimeout(() => this.#spawn(slot), delay);
  }

  #exitIfDone(): void {
    if (this.#phase !== 'stopping') return;
    const threads = this.#slots.flatMap(({ thread }) => thread ?? []);
    if (threads.some(({ state }) => state !== 'drained')) return;
    // A thread that runs uWebSockets.js cannot end: Node would abort the whole process.
    if (threads.length === 0 || this.#http === 'uWebSockets.js') this.#parts.exit(0);
    else this.#lastWords ??= setTimeout(() => this.#parts.exit(0), LAST_WORDS);
  }
}

function causeOf(error: unknown, code: number): string {
  if (error === undefined) return `process.exit(${code}) was called`;
  const outOfMemory = (error as NodeJS.ErrnoException | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return outOfMemory ? 'its heap is full' : 'uncaught exception';
}

/** What was thrown, with its stack if it has one. */
function words(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`;
}

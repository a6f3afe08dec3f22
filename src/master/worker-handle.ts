/**
 * One worker process, seen from the master: spawned here, ended here, everything between is messages. A handle serves one
 * life of a worker; the next life under the same number gets a handle of its own, so that an old and a new one can overlap.
 * At the other end: src/worker/main.ts.
 */
import { constants } from 'node:os';
import type { Settings } from '../config/settings.js';
import {
  type Aftermath,
  type Answer,
  type Collected,
  type Exchange,
  FIRST_LISTENER_FD,
  type InheritedListener,
  type MasterToWorker,
  MESSAGES_VERSION,
  type Question,
  type WorkerLogs,
  type WorkerReady,
  type WorkerToMaster,
} from '../messages.js';
import type { CoreWatch } from '../stats/core-score.js';
import type { CoreActivity } from '../stats/snapshot.js';
import { isDebuggable } from './debugged.js';
import type { Rows, Score, Scoreboard } from './scoreboard.js';

/** The piece of ChildProcess that is used; tests bring their own. */
export interface WorkerProcess {
  readonly pid?: number | undefined;
  send(message: MasterToWorker, done: (error: Error | null) => void): boolean;
  kill(signal: NodeJS.Signals): boolean;
  on(event: 'message', listener: (message: WorkerToMaster) => void): unknown;
  on(
    event: 'exit' | 'close',
    listener: (code: number | null, signal: NodeJS.Signals | null) => void,
  ): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export type SpawnWorker = (
  settings: Settings,
  listeners: readonly InheritedListener[],
  id: number,
) => WorkerProcess;

/** What a worker is started with. */
export interface Life {
  settings: Settings;
  /** The master's own descriptors. */
  listeners: readonly InheritedListener[];
  spawn: SpawnWorker;
  /** Where its threads are counted; null: nowhere. */
  scoreboard?: Scoreboard | null;
  logs?: WorkerLogs;
  /** Where FastCGI connections change hands, the master's own descriptors. */
  exchange?: Exchange | null;
  /** The reading end of the pipe that ends with the master, its own descriptor. */
  lifeline?: number | null;
}

export interface Death {
  code: number | null;
  /** Number of the signal that killed it. */
  signal: number | null;
  /** Why it could not even be started. */
  error: Error | null;
  /** Milliseconds from readiness to death; null when it never was ready. */
  lived: number | null;
}

export interface WorkerEvents {
  ready(worker: WorkerHandle, message: WorkerReady): void;
  failed(worker: WorkerHandle, reason: string): void;
  /** It is of another version than the master: the package was replaced. */
  foreign(): void;
  /** It has been handed `max-requests`. */
  spent(worker: WorkerHandle): void;
  /** A thread of it has told the metrics of its application. */
  collected(message: Collected): void;
  /** The mercy is over and the worker was killed. */
  noMercy(worker: WorkerHandle): void;
  /** The last event of a handle; every message it sent has come before. */
  ended(worker: WorkerHandle, death: Death): void;
}

/** setTimeout takes no more. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** A thread that has told nothing for so long hangs, in the request that it got last; milliseconds. */
const VITALS_LAST = 2_500;
/** A descendant of a dead worker that holds its channel open delays the news by this much, milliseconds. */
const CHANNEL_PATIENCE = 100;

export class WorkerHandle {
  /** 1-based number of the slot. */
  readonly id: number;
  readonly pid: number | null;
  state: 'starting' | 'ready' | 'stopping' | 'gone' = 'starting';
  /** An error came up after which `reload-on-exception` wants another in its place. */
  isSpoiled = false;
  /** Unix seconds. */
  readonly spawnedAt = Math.floor(Date.now() / 1000);
  /** Milliseconds that its application took to load; null before, and without one. */
  loadTime: number | null = null;

  /** Null when it could not be started at all. */
  readonly #process: WorkerProcess | null;
  readonly #events: WorkerEvents;
  readonly #rows: Rows | null;
  readonly #threads: number;
  readonly #looks = new Map<number, (answer: Answer | null) => void>();
  #lastLook = 0;
  #readyAt: number | null = null;
  #mercy: NodeJS.Timeout | null = null;

  /** @param isDebugged debuggers may connect to it from the start. */
  constructor(id: number, life: Life, events: WorkerEvents, isDebugged = false) {
    this.id = id;
    this.#events = events;
    this.#threads = life.settings.threads;
    this.#rows = life.scoreboard?.take(life.settings.threads, id) ?? null;
    this.#process = this.#spawn(life);
    this.pid = this.#process?.pid ?? null;
    if (this.pid === null) return;
    this.#send({
      type: 'start',
      version: MESSAGES_VERSION,
      workerId: id,
      settings: isDebuggable(life.settings, id) ? { ...life.settings, harakiri: 0 } : life.settings,
      ...(isDebugged && { isDebugged }),
      listeners: life.listeners.map(({ name, protocol, family, passed }, index) => ({
        fd: FIRST_LISTENER_FD + index,
        name,
        protocol,
        family,
        passed: passed ?? false,
      })),
      ...(this.#rows !== null && {
        scores: {
          fd: FIRST_LISTENER_FD + life.listeners.length,
          size: this.#rows.boardSize,
          row: this.#rows.first,
        },
      }),
      ...(life.logs !== undefined && {
        logs: {
          ...life.logs,
          first:
            FIRST_LISTENER_FD +
            life.listeners.length +
            (life.scoreboard ? 1 : 0) +
            (life.exchange ? 2 : 0) +
            (life.lifeline ? 1 : 0),
        },
      }),
      ...(life.exchange && { exchange: inheritedExchange(life) }),
      ...(life.lifeline && { lifeline: inheritedExchange(life).give + (life.exchange ? 2 : 0) }),
    });
  }

  /** Asks it to finish and go; kills it when it is still there after `mercy` seconds. */
  stop(mercy: number, after: Aftermath = {}): void {
    if (this.state === 'stopping' || this.state === 'gone') return;
    this.state = 'stopping';
    this.#send({ type: 'stop', ...after });
    this.#mercy = setTimeout(
      () => {
        this.#events.noMercy(this);
        this.kill();
      },
      Math.min(mercy * 1000, LONGEST_TIMER),
    );
  }

  /** Asks its threads for the metrics of their application. Returns how many they are. */
  collect(ask: number): number {
    this.#send({ type: 'collect', ask });
    return this.#threads;
  }

  /** Looks into its JS threads. Resolves with null when it ends before it has answered. */
  look(question: Question): Promise<Answer | null> {
    if (this.state === 'gone') return Promise.resolve(null);
    this.#lastLook += 1;
    const ask = this.#lastLook;
    this.#send({ type: 'look', ask, question });
    return new Promise((resolve) => this.#looks.set(ask, resolve));
  }

  /** Debuggers may connect to it from now on. */
  takeDebugPort(): void {
    this.#send({ type: 'take-debug-port' });
  }

  /** The log file is another. */
  reopenLogs(): void {
    this.#send({ type: 'reopen-logs' });
  }

  /** Another program takes the master's place. Resolves when the worker can be expected to know. */
  handOver(): Promise<void> {
    return new Promise((resolve) => {
      if (this.pid === null || this.#process === null || this.state === 'gone') resolve();
      else this.#process.send({ type: 'hand-over' }, () => resolve());
    });
  }

  /** Ends it at once. */
  kill(): void {
    if (this.state !== 'gone') this.#process?.kill('SIGKILL');
  }

  /** Lets it rest, whatever it does, and go on. */
  pause(isPaused: boolean): void {
    if (this.state !== 'gone') this.#process?.kill(isPaused ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Milliseconds since it was ready; null before. */
  get age(): number | null {
    return this.#readyAt === null ? null : performance.now() - this.#readyAt;
  }

  /** What its threads have done; null where nobody counts. */
  get score(): Score | null {
    return this.#rows?.read() ?? null;
  }

  /** What each of its threads does; none where nobody counts. */
  get cores(): CoreActivity[] {
    const rows = this.#rows;
    if (rows === null) return [];
    return rows.cores().map(({ open, load, age }, id) => {
      const vitals = rows.vitals(id);
      const oldest = vitals === null || vitals.age > VITALS_LAST ? null : vitals.oldest;
      const note = oldest === null ? rows.note(id) : rows.oldest(id);
      const current = open === 0 || note === null ? null : { ...note, age: oldest ?? age };
      return { id, open, load, current, vitals };
    });
  }

  /** By when each of its threads must have turned, for harakiri. */
  get watches(): CoreWatch[] {
    return this.#rows?.watches() ?? [];
  }

  #send(message: MasterToWorker): void {
    // A worker that died a moment ago cannot take it; its end is reported by other means.
    if (this.pid !== null) this.#process?.send(message, () => {});
  }

  /** Node throws some failures of spawn and reports others as 'error'; both come out as `ended`, never at once. */
  #spawn({ spawn, settings, listeners }: Life): WorkerProcess | null {
    try {
      const child = spawn(settings, listeners, this.id);
      child.on('message', (message) => this.#receive(message));
      child.on('error', (error) => {
        if (this.pid === null) this.#end(null, null, error);
      });
      // 'close' comes after the last message. It waits for the channel, which a forked descendant may hold open.
      child.on('exit', (code, signal) => {
        setTimeout(() => this.#end(code, signal, null), CHANNEL_PATIENCE).unref();
      });
      child.on('close', (code, signal) => this.#end(code, signal, null));
      return child;
    } catch (error) {
      setImmediate(() => this.#end(null, null, error as Error));
      return null;
    }
  }

  #receive(message: WorkerToMaster): void {
    if (message.type === 'failed') {
      this.#events.failed(this, message.reason);
      return;
    }
    if (message.type === 'collected') {
      this.#events.collected(message);
      return;
    }
    if (message.type === 'looked') {
      this.#looks.get(message.ask)?.(message.answer);
      this.#looks.delete(message.ask);
      return;
    }
    if (message.type === 'spoiled') {
      this.isSpoiled = true;
      return;
    }
    if (message.type === 'foreign') {
      this.#events.foreign();
      return;
    }
    if (message.type === 'spent') {
      this.#events.spent(this);
      return;
    }
    this.#readyAt ??= performance.now();
    this.loadTime = message.app?.loadTime ?? null;
    if (this.state === 'starting') this.state = 'ready';
    this.#events.ready(this, message);
  }

  #end(code: number | null, signal: NodeJS.Signals | null, error: Error | null): void {
    if (this.state === 'gone') return;
    this.state = 'gone';
    if (this.#mercy !== null) clearTimeout(this.#mercy);
    this.#rows?.release();
    for (const answer of this.#looks.values()) answer(null);
    this.#looks.clear();
    this.#events.ended(this, {
      code,
      signal: signal === null ? null : constants.signals[signal],
      error,
      lived: this.#readyAt === null ? null : performance.now() - this.#readyAt,
    });
  }
}

/** Behind the listeners and the scoreboard. */
function inheritedExchange({ listeners, scoreboard }: Life): Exchange {
  const give = FIRST_LISTENER_FD + listeners.length + (scoreboard ? 1 : 0);
  return { give, take: give + 1 };
}

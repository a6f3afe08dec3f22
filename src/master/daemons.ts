/**
 * `attach-daemon`: programs that run beside the workers (a cache, a queue, a tunnel), are started again when they end, and
 * end with the server, after its workers. Runs in the master; each program has a process group of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { DaemonSetting } from '../config/settings.js';
import { daemons as words } from '../log/daemons.js';
import { endOf } from '../log/startup.js';
import { Throttle } from '../throttle.js';

export interface DaemonsParts {
  log(...lines: string[]): void;
  /** A program without which the server is not to run has ended. */
  stopServer(why: string): void;
}

/** How long a program may take to end after SIGTERM, milliseconds. */
const MERCY = 10_000;

export class Daemons {
  readonly #parts: DaemonsParts;
  #running: Daemon[] = [];

  constructor(parts: DaemonsParts) {
    this.#parts = parts;
  }

  /** Starts those that are new, ends those that are not wanted any more; the others go on. */
  apply(wanted: readonly DaemonSetting[]): void {
    const left = [...this.#running];
    this.#running = wanted.map((setting) => {
      const known = left.findIndex((daemon) => daemon.isOf(setting));
      return known >= 0 ? left.splice(known, 1)[0]! : new Daemon(setting, this.#parts);
    });
    for (const daemon of left) void daemon.stop();
  }

  /** Ends all of them. Resolves when they have gone. */
  async stop(): Promise<void> {
    await Promise.all(this.#running.map((daemon) => daemon.stop()));
  }

  /** Without mercy. */
  kill(): void {
    for (const daemon of this.#running) daemon.kill();
  }
}

class Daemon {
  readonly #setting: DaemonSetting;
  readonly #parts: DaemonsParts;
  readonly #throttle = new Throttle();
  #child: ChildProcess | null = null;
  #respawn: NodeJS.Timeout | null = null;
  /** Set from the call of stop() on: resolves its promise. */
  #onEnd: (() => void) | null = null;

  constructor(setting: DaemonSetting, parts: DaemonsParts) {
    this.#setting = setting;
    this.#parts = parts;
    this.#spawn();
  }

  isOf({ command, isControl }: DaemonSetting): boolean {
    return this.#setting.command === command && this.#setting.isControl === isControl;
  }

  stop(): Promise<void> {
    if (this.#respawn !== null) clearTimeout(this.#respawn);
    if (this.#child === null) return Promise.resolve();
    const { pid = 0 } = this.#child;
    this.#signal('SIGTERM');
    const mercy = setTimeout(() => {
      this.#parts.log(words.noMercy(this.#setting.command, pid));
      this.kill();
    }, MERCY);
    return new Promise((resolve) => {
      this.#onEnd = () => {
        clearTimeout(mercy);
        // What the program itself has started, and left.
        this.#signalGroup(pid, 'SIGKILL');
        resolve();
      };
    });
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child?.pid !== undefined) this.#signalGroup(this.#child.pid, signal);
  }

  #signalGroup(pid: number, signal: NodeJS.Signals): void {
    try {
      process.kill(-pid, signal);
    } catch {
      // Nobody is left in the group.
    }
  }

  #spawn(): void {
    const { command } = this.#setting;
    this.#respawn = null;
    const begun = performance.now();
    const child = spawn('/bin/sh', ['-c', command], {
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    child.on('error', (error) => {
      this.#parts.log(words.unspawnable(command, error.message));
      if (child.pid === undefined) this.#ended(0);
    });
    child.on('exit', (code, signal) => {
      const number = signal === null ? null : constants.signals[signal];
      this.#parts.log(words.ended(command, child.pid ?? 0, endOf(code, number)));
      this.#ended(performance.now() - begun);
    });
    if (child.pid === undefined) return;
    this.#child = child;
    this.#parts.log(words.spawning(command, child.pid));
  }

  /** @param lived milliseconds */
  #ended(lived: number): void {
    const { command, isControl } = this.#setting;
    this.#child = null;
    if (this.#onEnd !== null) {
      this.#onEnd();
      return;
    }
    if (isControl) {
      this.#parts.stopServer(words.controlEnded(command));
      return;
    }
    const delay = this.#throttle.delayAfter(lived);
    if (delay > 0) this.#parts.log(words.throttled(command, delay));
    this.#respawn = setTimeout(() => this.#spawn(), delay);
  }
}

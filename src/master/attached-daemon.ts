/**
 * A program that is a child of the master: it is started again when it ends, and ends with the server, after its workers.
 * Runs in the master; the program has a process group of its own.
 */
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { DaemonSetting } from '../config/settings.js';
import { daemons as words } from '../log/daemons.js';
import { endOf } from '../log/startup.js';
import { Throttle } from '../throttle.js';
import type { Daemon, DaemonsParts } from './daemon.js';
import { signalGroup, spawnDaemon } from './spawn-daemon.js';

/** How long a program may take to end after the signal to stop, milliseconds. */
const MERCY = 10_000;

export class AttachedDaemon implements Daemon {
  readonly setting: DaemonSetting;
  readonly #parts: DaemonsParts;
  readonly #throttle: Throttle;
  #child: ChildProcess | null = null;
  #respawn: NodeJS.Timeout | null = null;
  /** Set from the call of stop() on: resolves its promise. */
  #onEnd: (() => void) | null = null;

  constructor(setting: DaemonSetting, parts: DaemonsParts) {
    this.setting = setting;
    this.#parts = parts;
    this.#throttle = new Throttle(setting.maxThrottle * 1_000);
    this.#spawn();
  }

  stop(): Promise<void> {
    if (this.#respawn !== null) clearTimeout(this.#respawn);
    if (this.#child === null) return Promise.resolve();
    const { pid = 0 } = this.#child;
    this.restart();
    const mercy = setTimeout(() => {
      this.#parts.log(words.noMercy(this.setting.command, pid));
      this.kill();
    }, MERCY);
    return new Promise((resolve) => {
      this.#onEnd = () => {
        clearTimeout(mercy);
        // What the program itself has started, and left.
        signalGroup(pid, 'SIGKILL');
        resolve();
      };
    });
  }

  reloaded(): void {
    if (this.setting.reloadSignal !== null) this.#signal(this.setting.reloadSignal);
  }

  restart(): void {
    this.#signal(this.setting.stopSignal);
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  #signal(signal: number | NodeJS.Signals): void {
    if (this.#child?.pid !== undefined) signalGroup(this.#child.pid, signal);
  }

  #spawn(): void {
    this.#respawn = null;
    const begun = performance.now();
    try {
      this.#watch(spawnDaemon(this.setting), begun);
    } catch (error) {
      this.#failed((error as Error).message);
    }
  }

  #watch(child: ChildProcess, begun: number): void {
    const { command } = this.setting;
    child.on('error', (error) => {
      if (child.pid === undefined) this.#failed(error.message);
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

  #failed(why: string): void {
    this.#parts.log(words.unspawnable(this.setting.command, why));
    this.#ended(0);
  }

  /** @param lived milliseconds */
  #ended(lived: number): void {
    const { command, isControl } = this.setting;
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

/**
 * A program that its pid file stands for: one that goes to the background, or that is to outlive the server. While the
 * process in the file lives nobody starts another, also after a restart of the server. Looked at every second. Runs in the
 * master; the program has a process group of its own.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DaemonSetting } from '../config/settings.js';
import { daemons as words } from '../log/daemons.js';
import { Throttle } from '../throttle.js';
import type { Daemon, DaemonsParts } from './daemon.js';
import { signalGroup, spawnDaemon } from './spawn-daemon.js';

/** Between two looks, milliseconds. */
const LOOK = 1_000;

export class PidfileDaemon implements Daemon {
  readonly setting: DaemonSetting;
  readonly #parts: DaemonsParts;
  readonly #path: string;
  readonly #throttle: Throttle;
  readonly #timer: NodeJS.Timeout;
  /** Of the process in the file, when it was last seen alive; null: it has not come yet, or has gone. */
  #pid: number | null = null;
  /** It has been started, and nobody has seen its pid file yet. */
  #isAwaited = false;
  /** Of the last start, performance.now(). */
  #startedAt = 0;
  /** Not before this moment it is started again. */
  #notBefore = 0;

  constructor(setting: DaemonSetting, pidfile: string, parts: DaemonsParts) {
    this.setting = setting;
    this.#parts = parts;
    this.#path = resolve(pidfile);
    this.#throttle = new Throttle(setting.maxThrottle * 1_000);
    this.#timer = setInterval(() => this.#look(), LOOK);
    this.#pid = livingPid(this.#path);
    if (this.#pid === null) this.#spawn();
    else parts.log(words.found(setting.command, this.#pid));
  }

  /** It outlives the server. */
  stop(): Promise<void> {
    clearInterval(this.#timer);
    if (this.setting.isNotified) this.#signal(this.setting.stopSignal);
    else if (this.#pid !== null) this.#parts.log(words.left(this.setting.command, this.#pid));
    return Promise.resolve();
  }

  reloaded(): void {
    if (this.setting.isNotified) this.#signal(this.setting.reloadSignal ?? 'SIGHUP');
  }

  restart(): void {
    this.#signal(this.setting.stopSignal);
  }

  kill(): void {}

  #signal(signal: number | NodeJS.Signals): void {
    const pid = livingPid(this.#path);
    if (pid !== null) signalGroup(pid, signal);
  }

  #look(): void {
    const before = this.#pid;
    this.#pid = livingPid(this.#path);
    if (this.#pid !== null) {
      this.#isAwaited = false;
      if (before !== null && before !== this.#pid) {
        this.#parts.log(words.changed(this.setting.command, before, this.#pid));
      }
      return;
    }
    if (before !== null && !this.#ended(before)) return;
    const now = performance.now();
    const patience = this.#isAwaited ? this.setting.freq * 1_000 : 0;
    if (now < this.#startedAt + patience || now < this.#notBefore) return;
    if (this.#isAwaited) this.#parts.log(words.noPidfile(this.setting.command, this.#path));
    this.#spawn();
  }

  /** @returns whether it is to be started again. */
  #ended(pid: number): boolean {
    const { command, isControl } = this.setting;
    this.#parts.log(words.ended(command, pid, ''));
    if (isControl) {
      clearInterval(this.#timer);
      this.#parts.stopServer(words.controlEnded(command));
      return false;
    }
    const now = performance.now();
    const delay = this.#throttle.delayAfter(now - this.#startedAt);
    if (delay > 0) this.#parts.log(words.throttled(command, delay));
    this.#notBefore = now + delay;
    return true;
  }

  #spawn(): void {
    const { command, isDaemonized } = this.setting;
    this.#startedAt = performance.now();
    this.#isAwaited = true;
    const failed = (why: string) => this.#parts.log(words.unspawnable(command, why));
    try {
      const child = spawnDaemon(this.setting, this.#parts.lastingLog);
      child.on('error', (error) => failed(error.message));
      child.unref();
      if (child.pid === undefined) return;
      this.#parts.log(words.spawning(command, child.pid));
      if (!isDaemonized) return;
      writeFileSync(this.#path, `${child.pid}\n`);
      this.#pid = child.pid;
      this.#isAwaited = false;
    } catch (error) {
      failed((error as Error).message);
    }
  }
}

/** The process that a file names; null when there is no such file, or no such process. */
function livingPid(path: string): number | null {
  try {
    // PostgreSQL writes more lines than one.
    const pid = Number.parseInt(readFileSync(path, 'latin1'), 10);
    // Process 1 is the system, or this server in a container; its number negated stands for everybody.
    return pid > 1 && isAlive(pid) ? pid : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is one, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

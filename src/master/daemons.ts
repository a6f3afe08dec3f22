/**
 * `attach-daemon` and its kin: programs that run beside the workers (a cache, a queue, a tunnel). Those without a pid file
 * are children of the master and end with it (attached-daemon.ts); those with one outlive it (pidfile-daemon.ts). Runs in
 * the master.
 */

import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { DaemonSetting, Settings } from '../config/settings.js';
import { daemons as words } from '../log/daemons.js';
import { AttachedDaemon } from './attached-daemon.js';
import type { Daemon, DaemonsParts } from './daemon.js';
import { PidfileDaemon } from './pidfile-daemon.js';
import { TouchWatch } from './touch.js';

export class Daemons {
  readonly #parts: DaemonsParts;
  #running: Daemon[] = [];
  #touch: TouchWatch | null = null;
  #ending: Promise<void> | null = null;

  constructor(parts: DaemonsParts) {
    this.#parts = parts;
  }

  /** Starts those that are new, lets go of those that are not wanted any more; the others go on. */
  apply({ daemons, daemonsHonourStdin, checkInterval }: Settings): void {
    const left = [...this.#running];
    this.#running = daemons.map((each) => {
      const setting = { ...each, honourStdin: each.honourStdin || daemonsHonourStdin };
      const known = left.findIndex((daemon) => isDeepStrictEqual(daemon.setting, setting));
      if (known < 0) return this.#start(setting);
      const [daemon] = left.splice(known, 1);
      daemon!.reloaded();
      return daemon!;
    });
    for (const daemon of left) void daemon.stop();
    this.#watch(checkInterval);
  }

  #start(setting: DaemonSetting): Daemon {
    return setting.pidfile === null
      ? new AttachedDaemon(setting, this.#parts)
      : new PidfileDaemon(setting, setting.pidfile, this.#parts);
  }

  #watch(interval: number): void {
    this.#touch?.close();
    const files = this.#running.flatMap((daemon) =>
      daemon.setting.touch.map((path) => ({
        path: resolve(path),
        onTouch: (which: string) => {
          this.#parts.log(words.touched(daemon.setting.command, which));
          daemon.restart();
        },
      })),
    );
    this.#touch = new TouchWatch(files, interval);
  }

  /** Ends those that do not outlive the server; `apply` starts them again. Resolves when they have gone. */
  stop(): Promise<void> {
    this.#touch?.close();
    this.#ending ??= Promise.all(this.#running.map((daemon) => daemon.stop())).then(() => {
      this.#running = [];
      this.#ending = null;
    });
    return this.#ending;
  }

  /** Without mercy. */
  kill(): void {
    for (const daemon of this.#running) daemon.kill();
  }
}

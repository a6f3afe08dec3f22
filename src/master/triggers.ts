/** Files and folders that cause something when they change, as the configuration names them. Runs in the master. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Settings } from '../config/settings.js';
import { reloads } from '../log/startup.js';
import { fsMonitor, touchExec } from '../log/triggers.js';
import { FsWatch } from './fs-watch.js';
import type { Logs } from './logs.js';
import { Mountpoints } from './mountpoints.js';
import type { ReloadKind } from './reload.js';
import { TouchWatch, type Watched } from './touch.js';

export interface TriggersParts {
  logs: Pick<Logs, 'reopen' | 'rotate'>;
  /** What commands are started with. */
  env(): NodeJS.ProcessEnv;
  reload(why: string, kind: ReloadKind): void;
  /** A file system has gone. */
  fail(path: string): void;
  log(...lines: string[]): void;
}

/** What `fs-reload` and `fs-brutal-reload` say. */
type Monitored = readonly [path: string, kind: ReloadKind];

export class Triggers {
  readonly #parts: TriggersParts;
  #touch: TouchWatch | null = null;
  #mountpoints: Mountpoints | null = null;
  #monitored: Monitored[] = [];
  #monitors: FsWatch[] = [];

  constructor(parts: TriggersParts) {
    this.#parts = parts;
  }

  /** Looks at what is in the configuration now. Relative paths begin in the working directory. */
  apply(settings: Settings): void {
    const { log, fail } = this.#parts;
    const { checkInterval: interval, checkMountpoint } = settings;
    // What was touched since its last look would not be seen by the next one.
    this.#touch?.look();
    this.#touch?.close();
    this.#touch = new TouchWatch(this.#touched(settings), interval);
    this.#mountpoints?.close();
    const paths = checkMountpoint.map((path) => resolve(path));
    this.#mountpoints = new Mountpoints({ paths, interval, onFailure: fail, log });
    this.#monitor(settings);
  }

  close(): void {
    this.#touch?.close();
    this.#mountpoints?.close();
    for (const monitor of this.#monitors) monitor.close();
  }

  #touched(settings: Settings): Watched[] {
    const { log, logs, reload } = this.#parts;
    const { touchReload, touchChainReload, touchWorkersReload, touchExec: commands } = settings;
    const { touchLogreopen, touchLogrotate } = settings;
    const watched = (paths: readonly string[], onTouch: Watched['onTouch']): Watched[] =>
      paths.map((path) => ({ path: resolve(path), onTouch }));
    const reloading = (paths: readonly string[], kind: ReloadKind) =>
      watched(paths, (which) => reload(reloads.touched(which), kind));
    return [
      ...reloading(touchReload, 'full'),
      ...reloading(touchWorkersReload, 'workers'),
      ...reloading(touchChainReload, 'chain'),
      ...watched(touchLogreopen, () => log(...logs.reopen())),
      ...watched(touchLogrotate, () => log(...logs.rotate())),
      ...commands.flatMap(({ path, command }) => watched([path], () => this.#execute(command))),
    ];
  }

  /** Those that stay are not let go: what happens meanwhile would not be seen. */
  #monitor({ fsReload, fsBrutalReload }: Settings): void {
    const { log, reload } = this.#parts;
    const wanted: Monitored[] = [
      ...fsReload.map((path): Monitored => [resolve(path), 'full']),
      ...fsBrutalReload.map((path): Monitored => [resolve(path), 'brutal']),
    ];
    if (isDeepStrictEqual(wanted, this.#monitored)) return;
    for (const monitor of this.#monitors) monitor.close();
    this.#monitored = wanted;
    this.#monitors = wanted.map(
      ([path, kind]) =>
        new FsWatch(path, { log, onChange: (which) => reload(fsMonitor.detected(which), kind) }),
    );
  }

  /** It goes on when the server stops. */
  #execute(command: string): void {
    const { log, env } = this.#parts;
    const failed = (error: Error) => log(touchExec.unspawnable(command, error.message));
    log(touchExec.running(command));
    try {
      const child = spawn('/bin/sh', ['-c', command], {
        stdio: ['ignore', 'inherit', 'inherit'],
        detached: true,
        env: env(),
      });
      child.on('error', failed);
      child.on('exit', (code, signal) => {
        log(touchExec.ended(child.pid ?? 0, code, signal === null ? null : constants.signals[signal]));
      });
      child.unref();
    } catch (error) {
      failed(error as Error);
    }
  }
}

/**
 * The package was replaced on disk while the server runs. New workers would be of another version than this master, so a
 * reload executes the new program in its place: under the same pid, with the listening sockets open, while the workers
 * serve on. Runs in the master.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { packageVersion } from '../config/version.js';
import { startErrors } from '../errors.js';
import { endOf, reloads } from '../log/startup.js';
import type { NativeSupervision } from '../native.js';
import { packageRoot } from '../package-root.js';
import { type Handover, keepDescriptors, withHandover, withTrial } from './handover.js';

export interface UpgradeParts {
  /** The environment in which the server was started, and the folder. */
  env: NodeJS.ProcessEnv;
  cwd(): string;
  native: Pick<NativeSupervision, 'keepAcrossExec' | 'replaceImage'>;
  log(...lines: string[]): void;
  /** The server will not serve again. */
  isStopping(): boolean;
  /** Tells the workers, ends what cannot be handed over. */
  leave(): Promise<void>;
  /** Everything else, at the last moment: nothing can come in between any more. */
  handOver(): Handover;
  /** It has come to nothing: undoes `leave` and `handOver`. */
  stay(): void;
}

export class Upgrade {
  readonly #parts: UpgradeParts;
  readonly #version = packageVersion();
  #isForeign = false;

  constructor(parts: UpgradeParts) {
    this.#parts = parts;
  }

  /** A worker has found out that it is of another version. */
  noticeForeign(): void {
    this.#isForeign = true;
  }

  /** It has been told so, and has not acted on it yet. */
  get isNoticed(): boolean {
    return this.#isForeign;
  }

  /** Whether another program than this one is installed now. */
  get isDue(): boolean {
    return this.#isForeign || installedVersion(this.#version) !== this.#version;
  }

  /**
   * Executes the new program; does not return when that works.
   * @throws {UwsgiNodeError} UWSGI_UNFIT_PROGRAM, UWSGI_NOT_EXECUTED; this one goes on.
   */
  async run(): Promise<void> {
    const { log, leave, handOver, stay } = this.#parts;
    log(reloads.replaced(this.#version, installedVersion(this.#version)));
    this.#isForeign = false;
    await this.#try();
    this.#goOnlyIfServing();
    await leave();
    this.#goOnlyIfServing();
    const problem = this.#execute(handOver());
    stay();
    throw startErrors.notExecuted(problem);
  }

  /** The next program would never hear of a stop that came before it. */
  #goOnlyIfServing(): void {
    if (this.#parts.isStopping()) throw startErrors.notExecuted('the server stops');
  }

  /** Returns only when it has failed: why. */
  #execute(handover: Handover): string {
    const { env, cwd, native } = this.#parts;
    let before: string | null = null;
    try {
      before = process.cwd();
      process.chdir(cwd());
      keepDescriptors(handover, native, true);
      const words = Object.entries(withHandover(env, handover)).map(([name, value]) => `${name}=${value}`);
      return String(native.replaceImage(process.execPath, [process.argv0, ...argumentsOf()], words));
    } catch (error) {
      return (error as Error).message;
    } finally {
      keepDescriptors(handover, native, false);
      if (before !== null) process.chdir(before);
    }
  }

  /** Whether it can be loaded, and reads the configuration: afterwards nobody could go back. */
  #try(): Promise<void> {
    const { env, cwd } = this.#parts;
    const child = spawn(process.execPath, argumentsOf(), {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: withTrial(env),
      cwd: cwd(),
    });
    return new Promise((resolve, reject) => {
      child.on('error', (error) => reject(startErrors.unfitProgram(`: ${error.message}`)));
      child.on('exit', (code, signal) => {
        if (code === 0) resolve();
        else reject(startErrors.unfitProgram(signal === null ? endOf(code, null) : ` (${signal})`));
      });
    });
  }
}

const argumentsOf = () => [...process.execArgv, ...process.argv.slice(1)];

/** @param otherwise where the file cannot be read: the package is being replaced right now, or has been taken away. */
function installedVersion(otherwise: string): string {
  try {
    return JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')).version ?? otherwise;
  } catch {
    return otherwise;
  }
}

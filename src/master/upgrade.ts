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
  /** The environment and the folder in which the server was started. */
  env: NodeJS.ProcessEnv;
  cwd: string;
  native: Pick<NativeSupervision, 'keepAcrossExec' | 'replaceImage'>;
  log(...lines: string[]): void;
  /** Tells the workers, ends what cannot be handed over. */
  leave(): Promise<Handover>;
  /** It has come to nothing: starts again what `leave` has ended. */
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
    const { env, cwd, native, log } = this.#parts;
    log(reloads.replaced(this.#version, installedVersion(this.#version)));
    this.#isForeign = false;
    await this.#try();
    const handover = await this.#parts.leave();
    const before = process.cwd();
    process.chdir(cwd);
    keepDescriptors(handover, native, true);
    const words = Object.entries(withHandover(env, handover)).map(([name, value]) => `${name}=${value}`);
    const problem = native.replaceImage(process.execPath, [process.argv0, ...argumentsOf()], words);
    keepDescriptors(handover, native, false);
    process.chdir(before);
    this.#parts.stay();
    throw startErrors.notExecuted(String(problem));
  }

  /** Whether it can be loaded, and reads the configuration: afterwards nobody could go back. */
  #try(): Promise<void> {
    const { env, cwd } = this.#parts;
    const child = spawn(process.execPath, argumentsOf(), {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: withTrial(env),
      cwd,
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

/**
 * Makes `process` in a JS thread what an application knows from a process of its own. Node refuses or ignores some of it
 * in worker threads: chdir throws, a title is not kept, signals never arrive, and console output travels through the
 * control thread, where the end of the thread can overtake it.
 */
import { realpathSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import workerThreads from 'node:worker_threads';
import type { LineStyle } from '../log/line-style.js';
import { log } from '../log/stderr.js';
import { LineStream } from './line-stream.js';

/** How long an application may take to end after its last request, if it handles signals itself, milliseconds. */
const patience = 5_000;

/** What a terminal, a container or systemd would have sent to a process, in the order in which it is looked for. */
const stopSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

export class ProcessShim {
  #stopping = false;
  /** The application listened for a signal when it was told to stop; `once` listeners are gone by now. */
  #handled = false;
  #exitAsked: (() => void) | null = null;
  #exitCode: number | string | null | undefined;
  readonly #exit = process.exit;

  /** @param style what becomes of the lines that the application prints */
  install(style: (stream: 'stdout' | 'stderr') => LineStyle): this {
    keepDirectory();
    keepTitle();
    hideParent();
    new LineStream(process.stdout, 1, style('stdout'));
    new LineStream(process.stderr, 2, style('stderr'));
    process.exit = ((code?: number | string | null) => this.#onExit(code)) as typeof process.exit;
    return this;
  }

  /**
   * Runs the application's signal handlers, as the signal would have that the master got. From here on `process.exit` waits
   * for the requests that still run; `exit` honours it.
   */
  announceStop(): void {
    this.#stopping = true;
    const signal = stopSignals.find((name) => process.listenerCount(name) > 0);
    if (signal === undefined) return;
    this.#handled = true;
    try {
      process.emit(signal, signal);
    } catch (error) {
      log(`the ${signal} handler of the application failed: ${(error as Error)?.stack ?? error}`);
    }
  }

  /** Resolves at once, or, where the application handles signals, when it calls `process.exit` or has nothing left to do. */
  async lastWords(): Promise<void> {
    if (!this.#handled || this.#exitCode !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#exitAsked = resolve;
      process.once('beforeExit', () => resolve());
      setTimeout(resolve, patience).unref();
    });
  }

  /** Ends the thread, with the code that the application asked for. */
  exit(): never {
    return this.#exit.call(process, this.#exitCode ?? 0);
  }

  #onExit(code?: number | string | null): void {
    if (!this.#stopping) this.#exit.call(process, code);
    this.#exitCode = code ?? process.exitCode ?? 0;
    this.#exitAsked?.();
  }
}

/** `process.chdir(__dirname)` of a program that is already there (Next's standalone server) is no change. */
function keepDirectory(): void {
  const change = process.chdir;
  process.chdir = (directory) => {
    if (isHere(directory)) return;
    change.call(process, directory);
  };
}

function isHere(directory: string): boolean {
  try {
    return realpathSync(directory) === realpathSync(process.cwd());
  } catch {
    return false;
  }
}

/**
 * The application is the program, not a worker of one: with `if (isMainThread)` it would start the wrong half of itself, and
 * what it says to its `parentPort` is nothing that the control thread could understand. Workers of its own are told the truth.
 */
function hideParent(): void {
  Object.assign(workerThreads, { isMainThread: true, parentPort: null, workerData: null });
  syncBuiltinESMExports();
}

/** The process's title is the master's; an application that sets one may at least read it again. */
function keepTitle(): void {
  let title = process.title;
  Object.defineProperty(process, 'title', {
    get: () => title,
    set: (value: unknown) => {
      title = String(value);
    },
    enumerable: true,
    configurable: true,
  });
}

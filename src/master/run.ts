/**
 * The life of the process that was started, from settings to exit code: log file, working directory, sockets,
 * privileges, workers, and the vacuum at the end. Each step happens once; supervision is master.ts.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, hostname, version as kernel, machine, release, type as system } from 'node:os';
import { resolve } from 'node:path';
import type { Settings } from '../config/settings.js';
import { packageVersion } from '../config/version.js';
import { startErrors } from '../errors.js';
import { logToFile } from '../log/log-file.js';
import {
  headLines,
  limitLines,
  modeLine,
  type Surroundings,
  socketLine,
  stops,
  warnings,
} from '../log/startup.js';
import { LogBatch, log } from '../log/stderr.js';
import { native } from '../native.js';
import { backlogOf, bindListeners, type Listener, removeSockets } from './listeners.js';
import { Master } from './master.js';
import { dropPrivileges, type Identity, resolveTarget } from './privileges.js';
import { listenForSignals } from './signals.js';
import { spawnWorker } from './worker-handle.js';

/** What reading the configuration has to say before the server starts. */
export interface Notes {
  announcements: readonly string[];
  warnings: readonly string[];
}

/**
 * Runs the server until it is told to stop.
 * @returns the exit code: 0 after a stop, 22 when the application cannot be loaded.
 * @throws {UwsgiNodeError} when the server cannot start.
 */
export async function runMaster(settings: Settings, notes: Notes): Promise<number> {
  process.title = settings.title;
  applyEnvironment(settings);
  if (settings.logto !== null) logToFile('logto', resolve(settings.logto), native);
  const lines = new LogBatch();
  lines.add(...notes.announcements, ...notes.warnings, ...headLines(surroundings()));
  // From here on a signal may not end the process on the spot: it would leave the sockets behind.
  const early: string[] = [];
  let stop = (signal: string): void => {
    early.push(signal);
  };
  listenForSignals({
    stop: (signal) => stop(signal),
    unsupported: (signal, meaning) => log(stops.unsupported(signal, meaning)),
  });
  const listeners = await prepare(settings, lines).finally(() => lines.flush());

  const master = new Master({ settings, listeners, spawn: spawnWorker, log });
  stop = (signal) => master.stop(signal);
  if (early[0] === undefined) master.start();
  else master.stop(early[0]);
  const exitCode = await master.ended;
  log(stops.goodbye, ...(settings.vacuum ? removeSockets(listeners) : []));
  return exitCode;
}

/** Everything between the head of the log and the first worker. */
async function prepare(settings: Settings, lines: LogBatch): Promise<Listener[]> {
  if (!settings.master) lines.add(warnings.noMaster);
  if (settings.chdir !== null) lines.add(changeDirectory(settings.chdir));
  const identity = process as unknown as Identity;
  const target = resolveTarget(settings, identity);
  const backlog = backlogOf(settings.listen);
  if (backlog.warning !== null) lines.add(backlog.warning);

  const bound = await bindListeners(settings, backlog.length, target, native);
  lines.add(
    ...bound.listeners.map((listener, index) => socketLine({ index, ...listener })),
    ...bound.warnings,
  );
  try {
    lines.add(...dropPrivileges(settings, target, identity));
    if (settings.logto2 !== null) logToFile('logto2', resolve(settings.logto2), native);
  } catch (error) {
    removeSockets(bound.listeners);
    throw error;
  }
  lines.add(...limitLines(backlog.length, settings.workerReloadMercy));
  lines.add(modeLine(settings.processes, settings.threads));
  return bound.listeners;
}

function applyEnvironment({ umask, environment }: Settings): void {
  if (umask !== null) process.umask(umask);
  for (const [name, value] of Object.entries(environment)) {
    if (value === null) delete process.env[name];
    else process.env[name] = value;
  }
}

function changeDirectory(path: string): string {
  try {
    process.chdir(path);
  } catch (error) {
    throw startErrors.changeDirectory(path, error as NodeJS.ErrnoException);
  }
  return `chdir() to ${path}`;
}

function surroundings(): Surroundings {
  return {
    version: packageVersion(),
    date: new Date(),
    os: `${system()}-${release()} ${kernel()}`,
    hostname: hostname(),
    machine: machine(),
    cpus: availableParallelism(),
    workingDirectory: process.cwd(),
    binary: process.execPath,
    fileLimit: openFilesLimit(),
    nodeVersion: process.version,
    v8Version: process.versions.v8,
  };
}

function openFilesLimit(): string | null {
  const limits = readFileSync('/proc/self/limits', 'ascii');
  return /^Max open files +(\S+)/m.exec(limits)?.[1] ?? null;
}

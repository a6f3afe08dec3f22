/**
 * The life of the process that was started, from settings to exit code: log file, sockets, privileges, workers, reloads,
 * and the vacuum at the end. Each step happens once; supervision is master.ts.
 */
import { readFileSync } from 'node:fs';
import { hostname, version as kernel, machine, release, type as system } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadResult } from '../config/load.js';
import { usableProcessors } from '../config/processors.js';
import { packageVersion } from '../config/version.js';
import { lastCall } from '../last-call.js';
import { serverStyle } from '../log/line-style.js';
import { headLines, reloads, type Surroundings, warnings as startWarnings, stops } from '../log/startup.js';
import { LogBatch, log, setLineStyle } from '../log/stderr.js';
import { native } from '../native.js';
import { Doors } from './doors.js';
import { replayEarlySignals } from './early-signals.js';
import { keepDescriptors } from './handover.js';
import { Instance, type Start } from './instance.js';
import { Logs } from './logs.js';
import { Master } from './master.js';
import { Reaper, zombiesOf } from './orphans.js';
import { Predecessors } from './predecessors.js';
import { listenForSignals, obeySignalHooks } from './signals.js';
import { applyEnvironment, changeDirectory } from './surroundings.js';
import { forgetSystemd, Notifier } from './systemd.js';
import { masterTitle } from './titles.js';

/** A configuration that asks for a server. */
export type Configuration = Extract<LoadResult, { action: 'run' }>;

/**
 * Runs the server until it is told to stop.
 * @returns the exit code: 0 after a stop, 22 when the application cannot be loaded.
 * @throws {UwsgiNodeError} when the server cannot start.
 */
export async function runMaster(configuration: Configuration, start: Start): Promise<number> {
  const { settings, announcements, warnings } = configuration;
  process.title = masterTitle(settings);
  if (settings.umask !== null) process.umask(settings.umask);
  forgetSystemd(process.env);
  applyEnvironment(settings, process.env);
  const before = start.handover ?? null;
  if (before !== null) keepDescriptors(before, native, false);
  const logs = new Logs(settings, native, before !== null);
  logs.begin();
  setLineStyle(serverStyle(settings));
  const lines = new LogBatch();
  lines.add(...announcements, ...warnings, ...headLines(surroundings()));
  if (settings.daemonize !== null && process.pid === 1) lines.add(startWarnings.processOne);
  // From here on a signal may not end the process on the spot: it would leave the sockets behind.
  const early: string[] = [];
  let stop = (signal: string): void => {
    early.push(signal);
  };
  let doors: Doors | null = null;
  listenForSignals({
    stop: (signal) => stop(signal),
    reload: (signal) =>
      doors === null ? log(reloads.tooEarly(signal)) : doors.reload(reloads.asked(signal)),
    togglePause: () => doors?.togglePause(),
    printStatistics: () => doors?.printStatistics(),
    printActivity: () => doors?.printActivity(),
  });
  replayEarlySignals();
  const predecessors = before === null ? null : new Predecessors(before, native);
  if (before !== null) lines.add(reloads.predecessors(packageVersion(), before.workers.length));
  const instance = new Instance(settings, start, logs);
  await begin(instance, lines).finally(() => lines.flush());

  const notifier = new Notifier({ env: start.env, pid: process.pid, native, log });
  const master = new Master({
    ...instance.life,
    log,
    serving: () => {
      start.onServing?.();
      doors?.cron.begin();
      if (predecessors !== null) log(...instance.closeVanished());
      predecessors?.finish(master.crew.mercy);
      writeSafePidfiles(instance);
      void instance.tryHooks('post-app');
      notifier.ready(master.life.settings.processes);
    },
    stopping: () => {
      predecessors?.finish(master.crew.mercy);
      notifier.stopping();
      doors?.cron.rest();
    },
    resting: () => doors?.waitForConnection(),
    spent: () => doors?.recycle(),
    foreign: () => doors?.noticeForeign(),
    killing: () => predecessors?.kill(),
    hasPredecessors: predecessors !== null,
    drain: () => drain(instance),
  });
  doors = openDoors(instance, master, predecessors, notifier);
  const { daemons, cron } = doors;
  const reaper = native.adoptsOrphans() || predecessors !== null ? startReaper() : null;
  stop = (signal) => master.stop(signal);
  if (early[0] === undefined) {
    daemons.apply(settings);
    cron.apply(settings);
    // Nobody would see them end otherwise.
    if (before !== null) cron.begin(before.cron ?? null);
    master.start();
  } else master.stop(early[0]);
  doors.openToDebuggers();
  logs.onNewFile = () => master.reopenLogs();
  obeySignalHooks(settings.hooks, doors.signalCalls);
  void instance.tryHooks('master-start');
  const exitCode = await master.ended;
  await predecessors?.gone();
  doors.close();
  notifier.close();
  stop = () => daemons.kill();
  await daemons.stop();
  reaper?.close();
  cron.end();
  await instance.tryHooks('as-user-atexit');
  log(stops.goodbye, ...(instance.settings.vacuum ? instance.end() : []));
  return exitCode;
}

/**
 * What can be tried of a start while another program serves under this configuration: that everything can be loaded, the
 * log opened with the rights there are, and the folder entered.
 * @throws {UwsgiNodeError} when it cannot
 */
export function tryRun({ settings }: Configuration): void {
  new Logs(settings, native, true).begin();
  if (settings.chdir !== null) changeDirectory(settings.chdir);
}

const startReaper = () => new Reaper({ native, zombies: () => zombiesOf(process.pid), source: process });

/** Everything before the first worker. */
async function begin(instance: Instance, lines: LogBatch): Promise<void> {
  if (instance.start.handover) {
    // The server is no new one, and whatever goes wrong is no reason to end it.
    await instance.begin(lines);
    lines.flush();
    await instance.tryHooks('pre-app');
    return;
  }
  await instance.runHooks('asap', lines);
  await instance.begin(lines);
  try {
    await instance.runHooks('pre-app', lines);
  } catch (error) {
    instance.end();
    throw error;
  }
}

/** First whoever asks whether the server is ready hears that it goes, then nobody is let in any more. */
async function drain({ settings, listeners }: Instance): Promise<void> {
  if (settings.drainDelay > 0) {
    log(stops.draining(settings.drainDelay));
    await delay(settings.drainDelay * 1000, undefined, { ref: false });
  }
  await lastCall(listeners, native);
}

function openDoors(
  instance: Instance,
  master: Master,
  predecessors: Predecessors | null,
  notifier: Notifier,
): Doors {
  const onReload = (isRunning: boolean) => {
    if (master.isStopping) return;
    if (isRunning) notifier.reloading();
    else notifier.ready(master.life.settings.processes);
  };
  try {
    return new Doors(instance, master, predecessors, onReload);
  } catch (error) {
    instance.end();
    throw error;
  }
}

/** A pid file that cannot be written is no reason to stop a server that serves. */
function writeSafePidfiles(instance: Instance): void {
  const lines = new LogBatch();
  try {
    instance.writeSafePidfiles(lines);
  } catch (error) {
    lines.add(`uwsgi-node: ${(error as Error).message}`);
  }
  lines.flush();
}

function surroundings(): Surroundings {
  return {
    version: packageVersion(),
    date: new Date(),
    os: `${system()}-${release()} ${kernel()}`,
    hostname: hostname(),
    machine: machine(),
    cpus: usableProcessors(),
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

/**
 * What the master holds while workers come and go: the settings in force, the listening sockets, the working directory
 * and environment that workers start in. Made at the start, exchanged piece by piece by a reload.
 */
import type { HookPhase } from '../config/hooks.js';
import type { LoadResult } from '../config/load.js';
import { passedSockets } from '../config/passed-sockets.js';
import type { Settings } from '../config/settings.js';
import { startErrors } from '../errors.js';
import { serverStyle } from '../log/line-style.js';
import { limitLines, modeLine, reloads, warnings } from '../log/startup.js';
import { LogBatch, log, setLineStyle } from '../log/stderr.js';
import type { Exchange } from '../messages.js';
import { native } from '../native.js';
import { adoptPassed } from './activation.js';
import type { CronState } from './cron.js';
import { checkDebugPorts } from './debug-ports.js';
import { openEndpoints } from './endpoint-sockets.js';
import type { Handover, Remains } from './handover.js';
import { runHooks } from './hooks.js';
import { applyLimits } from './limits.js';
import {
  backlogOf,
  bindListeners,
  closeListeners,
  type Listener,
  missingIn,
  ownOnes,
  socketLines,
} from './listeners.js';
import type { Logs } from './logs.js';
import { Pidfiles, removePidfiles } from './pidfile.js';
import { dropPrivileges, type Identity, resolveTarget } from './privileges.js';
import type { Prepared } from './reload.js';
import { restartWarnings } from './restart-only.js';
import { Scoreboard } from './scoreboard.js';
import { changeDirectory, environmentOf } from './surroundings.js';
import type { Life } from './worker-handle.js';
import { workerSpawner } from './worker-spawner.js';

/** What the process was started with. */
export interface Start {
  /** The environment as it was found. */
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Told when the server serves for the first time; null where nobody waits for it. */
  onServing?: (() => void) | null;
  /** What the program before this one has left, under the same pid; null: there was none. */
  handover?: Handover | null;
  /** Reads the configuration again. */
  read(env: NodeJS.ProcessEnv): LoadResult;
}

/** The sockets of one configuration. */
type Open = Pick<Instance, 'listeners' | 'endpoints'>;

export class Instance {
  settings: Settings;
  listeners: Listener[] = [];
  /** Where operators' tools connect; the master serves these itself. */
  endpoints: Listener[] = [];
  /** Null where there is no shared memory. */
  scoreboard: Scoreboard | null = null;
  readonly logs: Logs;
  readonly start: Start;
  /** What systemd has passed, also those that the configuration does not name now: a reload may. */
  #passed: Listener[] = [];
  #exchange: Exchange | null = null;
  /** What keeps workers when another program takes the place of this one: see `HandOver` of src/messages.ts. */
  readonly #lifeline = native.makePipe();
  #reloads = 0;
  readonly pidfiles: Pidfiles;

  constructor(settings: Settings, start: Start, logs: Logs) {
    this.settings = settings;
    this.start = start;
    this.logs = logs;
    this.pidfiles = new Pidfiles(start.cwd, start.handover?.pidfiles);
  }

  /** Where the server was started, or is to pretend that it was. */
  get home(): string {
    return this.settings.forceCwd ?? this.start.cwd;
  }

  /** What workers are started with. */
  get life(): Life {
    const { settings, listeners } = this;
    return this.#lifeOf(settings, listeners);
  }

  /** Everything between the head of the log and the first worker. */
  async begin(lines: LogBatch): Promise<void> {
    const { settings } = this;
    if (!settings.master) lines.add(warnings.noMaster);
    this.scoreboard = makeScoreboard(lines);
    if (this.start.handover) {
      await this.#goOn(this.start.handover, lines);
      return;
    }
    // Opened with the rights that the start has, before they are given up.
    lines.add(...this.pidfiles.write('pidfile', settings.pidfile));
    try {
      await this.#bind(lines);
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** In the place of the program before: what it had is there, and the rights to make it may not be. */
  async #goOn(before: Handover, lines: LogBatch): Promise<void> {
    const { settings } = this;
    this.#reloads = before.reloads + 1;
    this.#exchange = before.exchange;
    this.listeners = before.listeners;
    this.endpoints = before.endpoints;
    this.#passed = before.listeners.filter(({ passed }) => passed);
    // Nobody could go back: better the folder and the sockets of before than none.
    const complain = (error: unknown) => lines.add(`uwsgi-node: ${(error as Error).message}`);
    try {
      if (settings.chdir !== null) lines.add(changeDirectory(settings.chdir));
    } catch (error) {
      complain(error);
    }
    await this.#openFor(settings, lines).then((open) => Object.assign(this, open), complain);
    lines.add(modeLine(settings.processes, settings.threads));
  }

  /** Closes what the program before had open and this one has not. Returns lines for the log. */
  closeVanished(): string[] {
    const before = this.start.handover;
    if (!before) return [];
    return closeOld(
      missingIn([...this.listeners, ...this.endpoints], [...before.listeners, ...before.endpoints]),
    );
  }

  /**
   * What the next program needs that is executed in the place of this one.
   * @param workers pids of this program's own
   * @param left what the programs before this one have left, and is still there
   */
  handOver(workers: number[], left: Remains, cron: CronState): Handover {
    return {
      listeners: [...this.listeners, ...missingIn(this.listeners, this.#passed)],
      endpoints: this.endpoints,
      exchange: this.#exchange,
      lifelines: [this.#lifeline[1], ...left.lifelines],
      workers: [...workers, ...left.workers],
      pidfiles: this.pidfiles.paths,
      reloads: this.#reloads,
      cron,
    };
  }

  async #bind(lines: LogBatch): Promise<void> {
    const { settings } = this;
    lines.add(...applyLimits(settings, native));
    if (settings.chdir !== null) lines.add(changeDirectory(settings.chdir));
    const identity = process as unknown as Identity;
    const target = resolveTarget(settings, identity);
    const backlog = backlogOf(settings.listen);
    if (backlog.warning !== null) lines.add(backlog.warning);

    const given = adoptPassed(passedSockets(this.start.env, process.pid), backlog.length, native);
    this.#passed = given.listeners;
    const bound = await bindListeners(settings, backlog.length, target, native, given.listeners);
    this.listeners = bound.listeners;
    lines.add(...socketLines(bound.listeners, missingIn(given.listeners, bound.listeners)));
    lines.add(...bound.warnings, ...given.warnings);
    this.endpoints = await openEndpoints(settings, target, given.listeners, lines);
    lines.add(...checkDebugPorts(settings, native));
    const used = [...this.listeners, ...this.endpoints];
    lines.add(...missingIn(used, given.listeners).map(({ name }) => warnings.unusedSocket(name)));
    await this.runHooks('as-root', lines);
    this.logs.own(target);
    lines.add(...dropPrivileges(settings, target, identity));
    this.logs.beginUnprivileged();
    lines.add(...this.pidfiles.write('pidfile2', settings.pidfile2));
    lines.add(...limitLines(backlog.length, settings.workerReloadMercy));
    await this.runHooks('as-user', lines);
    lines.add(modeLine(settings.processes, settings.threads));
  }

  /**
   * Does what the configuration says for this phase.
   * @param lines are written first: a command may print, too.
   * @throws {UwsgiNodeError} UWSGI_HOOK
   */
  async runHooks(phase: HookPhase, lines = new LogBatch(), { hooks } = this.settings): Promise<void> {
    const flushed = (...more: string[]) => {
      lines.add(...more);
      lines.flush();
    };
    await runHooks(hooks, phase, { env: this.start.env, log: flushed });
  }

  /** The same where a failure is no reason not to go on: it is logged. */
  async tryHooks(phase: HookPhase): Promise<void> {
    try {
      await this.runHooks(phase);
    } catch (error) {
      log(`uwsgi-node: ${(error as Error).message}`);
    }
  }

  /** To be called when the workers are ready for the first time. */
  writeSafePidfiles(lines: LogBatch): void {
    lines.add(...this.pidfiles.write('safe-pidfile', this.settings.safePidfile));
    lines.add(...this.pidfiles.write('safe-pidfile2', this.settings.safePidfile2));
  }

  /** Removes what `vacuum` is to remove. Returns lines for the log. */
  end(): string[] {
    const listening = [...this.listeners, ...this.endpoints];
    return [...removePidfiles(this.pidfiles.paths), ...closeListeners(listening, native)];
  }

  /**
   * Reads the configuration again and opens what it has and the running one has not.
   * @throws {UwsgiNodeError} when it cannot be used; nothing has changed then.
   */
  async prepareReload(lines: LogBatch): Promise<Prepared> {
    const before = { cwd: process.cwd(), umask: process.umask() };
    const goBack = () => {
      process.chdir(before.cwd);
      process.umask(before.umask);
    };
    try {
      process.chdir(this.home);
      const settings = this.#readAgain(lines);
      if (settings.chdir !== null) lines.add(changeDirectory(settings.chdir));
      if (settings.umask !== null) process.umask(settings.umask);
      await this.runHooks('pre-app', lines, settings);
      const next = await this.#openFor(settings, lines);
      lines.add(modeLine(settings.processes, settings.threads));
      this.#reloads += 1;
      return {
        life: this.#lifeOf(settings, next.listeners),
        commit: () => this.#commit(settings, next),
        rollBack: () => {
          this.#closeNew(next);
          goBack();
        },
      };
    } catch (error) {
      goBack();
      throw error;
    }
  }

  #readAgain(lines: LogBatch): Settings {
    const loaded = this.start.read({ ...this.start.env, UWSGI_RELOADS: String(this.#reloads + 1) });
    if (loaded.action !== 'run') throw startErrors.notAServer();
    lines.add(...loaded.announcements, ...loaded.warnings, reloads.respawnedMaster(process.pid));
    const { settings } = loaded;
    lines.add(...restartWarnings(this.settings, settings));
    return settings;
  }

  async #openFor(settings: Settings, lines: LogBatch): Promise<Open> {
    const backlog = backlogOf(settings.listen).length;
    const nobody = { uid: null, gid: null };
    const open = [...this.listeners, ...missingIn(this.listeners, this.#passed)];
    const bound = await bindListeners(settings, backlog, nobody, native, open);
    const { listeners } = bound;
    lines.add(...socketLines(listeners, missingIn(open, listeners)), ...bound.warnings);
    const endpointsOpen = [...this.endpoints, ...missingIn(this.endpoints, this.#passed)];
    try {
      lines.add(...checkDebugPorts(settings, native, this.settings));
      return { listeners, endpoints: await openEndpoints(settings, nobody, endpointsOpen, lines) };
    } catch (error) {
      this.#closeNew({ listeners, endpoints: [] });
      throw error;
    }
  }

  #closeNew({ listeners, endpoints }: Open): void {
    closeListeners(ownOnes(missingIn(this.listeners, listeners)), native);
    closeListeners(ownOnes(missingIn(this.endpoints, endpoints)), native);
  }

  #commit(settings: Settings, { listeners, endpoints }: Open): string[] {
    const closed = [...missingIn(listeners, this.listeners), ...missingIn(endpoints, this.endpoints)];
    this.settings = settings;
    this.listeners = listeners;
    void this.tryHooks('post-app');
    setLineStyle(serverStyle(settings));
    this.endpoints = endpoints;
    return closeOld(closed);
  }

  /** What commands are started with. */
  get environment(): NodeJS.ProcessEnv {
    return environmentOf(this.settings, this.start.env, this.#reloads);
  }

  #lifeOf(settings: Settings, listeners: readonly Listener[]): Life {
    const env = environmentOf(settings, this.start.env, this.#reloads);
    // Kept when a reload takes the last FastCGI socket away: there may still be connections.
    if (listeners.some(({ protocol }) => protocol === 'fastcgi')) this.#exchange ??= native.createExchange();
    const exchange = this.#exchange;
    const { descriptors, ...logs } = this.logs.inherited;
    const spawn = workerSpawner(
      { cwd: process.cwd(), env },
      this.scoreboard?.fd ?? null,
      descriptors,
      exchange,
      this.#lifeline[0],
    );
    return {
      settings,
      listeners,
      spawn,
      scoreboard: this.scoreboard,
      logs,
      exchange,
      lifeline: this.#lifeline[0],
    };
  }
}

/** A kernel or sandbox without memfd is no reason not to serve. */
function makeScoreboard(lines: LogBatch): Scoreboard | null {
  try {
    return new Scoreboard(native);
  } catch (error) {
    lines.add(warnings.noScoreboard((error as Error).message));
    return null;
  }
}

function closeOld(listeners: readonly Listener[]): string[] {
  const closed = ownOnes(listeners);
  return [...closed.map(({ name }) => reloads.closed(name)), ...closeListeners(closed, native)];
}

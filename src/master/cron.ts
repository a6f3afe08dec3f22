/**
 * `cron` and its kin: commands that run at certain minutes. They are children of the master, each in a session of its own;
 * those that still run when the server stops go on. Runs in the master.
 */
import { isDeepStrictEqual } from 'node:util';
import type { CronSetting } from '../config/cron-spec.js';
import type { Settings } from '../config/settings.js';
import { cron as words } from '../log/cron.js';
import type { NativeSupervision } from '../native.js';
import type { CronSnapshot } from '../stats/snapshot.js';
import { isDue, Minutes, untilNext } from './cron-schedule.js';
import { signalGroup } from './spawn-daemon.js';

/** A command that runs. */
export interface CronJob {
  setting: CronSetting;
  pid: number;
  /** Unix milliseconds. */
  startedAt: number;
}

/** What the next program in the place of this one has to know. */
export interface CronState {
  /** The last minute that was looked at, whole minutes since the epoch; null: none was. */
  minute: number | null;
  jobs: CronJob[];
}

export interface CronParts {
  log(...lines: string[]): void;
  /** Unix milliseconds. */
  now(): number;
  /** What commands are started with. */
  env(): NodeJS.ProcessEnv;
  native: Pick<NativeSupervision, 'startChild' | 'collectChild'>;
}

/** setTimeout takes no more. */
const LONGEST_TIMER = 2 ** 31 - 1;

interface Watched extends CronJob {
  /** That it was due again has been said. */
  isOverdue: boolean;
  harakiri: NodeJS.Timeout | null;
}

export class Cron {
  readonly #parts: CronParts;
  #settings: CronSetting[] = [];
  #jobs: Watched[] = [];
  /** Null before `begin`. */
  #minutes: Minutes | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly #onChild = () => this.#collect();

  constructor(parts: CronParts) {
    this.#parts = parts;
  }

  /** Takes what is in the configuration now. What runs goes on. */
  apply({ crons, cronHarakiri }: Settings): void {
    const before = this.#settings;
    this.#settings = crons.map((each) => ({ ...each, harakiri: each.harakiri ?? cronHarakiri }));
    const added = this.#settings.filter((each) => !before.some((known) => isDeepStrictEqual(known, each)));
    this.#parts.log(...added.map(({ command }) => words.registered(command)));
  }

  /**
   * From now on commands run, those that are due in the minute that has begun already too, as with uWSGI.
   * @param before what the program before this one has left; null: there was none.
   */
  begin(before: CronState | null = null): void {
    if (this.#minutes !== null) return;
    const last = before?.minute ?? null;
    this.#minutes = last === null ? Minutes.before(this.#parts.now()) : new Minutes(last);
    process.on('SIGCHLD', this.#onChild);
    this.#jobs = (before?.jobs ?? []).map((job) => this.#watch(job));
    // Some may have ended while nobody listened.
    this.#collect();
    this.look();
  }

  /** Starts what is due. To be called when a minute begins, which this does itself, too. */
  look(): void {
    const { now } = this.#parts;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), untilNext(now())).unref();
    const minutes = this.#minutes?.begun(now()) ?? [];
    for (const setting of this.#settings) {
      if (minutes.some((minute) => isDue(setting, minute))) this.#start(setting);
    }
  }

  /** Starts nothing any more. */
  rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** For another program in the place of this one. */
  get state(): CronState {
    const jobs = this.#jobs.map(({ setting, pid, startedAt }) => ({ setting, pid, startedAt }));
    return { minute: this.#minutes?.last ?? null, jobs };
  }

  /** The server has stopped. */
  end(): void {
    this.rest();
    process.off('SIGCHLD', this.#onChild);
    for (const { setting, pid, harakiri } of this.#jobs) {
      if (harakiri !== null) clearTimeout(harakiri);
      this.#parts.log(words.left(setting.command, pid));
    }
    this.#jobs = [];
  }

  /** Every command of the configuration, and when it was started that runs. */
  get snapshot(): CronSnapshot[] {
    return this.#settings.map(({ harakiri, ...setting }) => {
      const job = this.#jobs.findLast((each) => isDeepStrictEqual(each.setting, { harakiri, ...setting }));
      return { ...setting, pid: job?.pid ?? null, startedAt: job?.startedAt ?? null };
    });
  }

  #start(setting: CronSetting): void {
    const { log, env, native, now } = this.#parts;
    const { command, isUnique } = setting;
    const running = this.#jobs.find((job) => isDeepStrictEqual(job.setting, setting));
    if (isUnique && running !== undefined) {
      if (!running.isOverdue) log(words.stillRunning(command, running.pid));
      running.isOverdue = true;
      return;
    }
    try {
      const pid = native.startChild({
        path: '/bin/sh',
        argv: ['/bin/sh', '-c', command],
        env: Object.entries(env()).flatMap(([name, value]) =>
          value === undefined ? [] : `${name}=${value}`,
        ),
        cwd: process.cwd(),
        descriptors: [NOTHING, 1, 2],
        hasSession: true,
      });
      log(words.running(command, pid));
      this.#jobs.push(this.#watch({ setting, pid, startedAt: now() }));
    } catch (error) {
      log(words.unspawnable(command, (error as Error).message));
    }
  }

  #watch(job: CronJob): Watched {
    const { harakiri } = job.setting;
    const left = job.startedAt + (harakiri ?? 0) * 1_000 - this.#parts.now();
    const kill = () => {
      this.#parts.log(words.harakiri(job.setting.command, job.pid));
      signalGroup(job.pid, 'SIGKILL');
    };
    const timer = harakiri ? setTimeout(kill, Math.min(Math.max(left, 0), LONGEST_TIMER)) : null;
    return { ...job, isOverdue: false, harakiri: timer };
  }

  #collect(): void {
    const { native, log, now } = this.#parts;
    this.#jobs = this.#jobs.filter(({ setting, pid, startedAt, harakiri }) => {
      const end = native.collectChild(pid);
      if (end === null) return true;
      if (harakiri !== null) clearTimeout(harakiri);
      log(words.ended(setting.command, pid, Math.round((now() - startedAt) / 1_000), end));
      return false;
    });
  }
}

/** /dev/null, in the place of stdin. */
const NOTHING = -1;

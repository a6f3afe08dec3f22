/** One run of the benchmark: what it was asked for, and the trials it has made. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, type RunningServer, type Shape, startContender } from './contender.js';
import type { Figure, Series } from './figure.js';
import type { Options } from './options.js';
import type { SlowRounds } from './slow-work.js';
import { median } from './statistics.js';

/** Seconds: long enough for some ten thousand requests, short enough for a noisy neighbour to hit both sides alike. */
export const SLICE_S = 0.5;

export interface Entry extends Shape {
  contender: Contender;
}

export interface Trial {
  case: string;
  contender: string;
  round: number;
  command: readonly string[];
  measurement: object;
}

/** A started server and what loads it. */
export interface Loaded<T> {
  /** Until a JIT compiler is done with what is asked for. */
  warmUp(): Promise<unknown>;
  /** One short load. */
  slice(): Promise<T>;
  stop?(): Promise<unknown>;
}

export interface Case {
  id: string;
  /** One line for --list. */
  title: string;
  run(session: Session): Promise<Figure[]>;
}

/** The measurements of every contender of a case, one per round or slice, in their order. */
export class Results<T> {
  private readonly rounds = new Map<string, T[]>();

  add(contender: string, measurement: T): void {
    this.rounds.set(contender, [...(this.rounds.get(contender) ?? []), measurement]);
  }

  series(contender: Contender, value: (measurement: T) => number): Series {
    const { label, name, reference } = contender;
    const values = (this.rounds.get(name) ?? []).map(value);
    return { label, values, ...(reference !== undefined && { reference }) };
  }
}

export class Session {
  readonly trials: Trial[] = [];
  /** Contenders that were left out, and why. */
  readonly absent = new Map<string, string>();
  private caseId = '';

  constructor(
    readonly options: Options,
    readonly slowRounds: SlowRounds,
    /** Where the trials make their directories. */
    private readonly dir: string,
    private readonly progress: (line: string) => void,
  ) {}

  async run(benchCase: Case): Promise<Figure[]> {
    this.caseId = benchCase.id;
    return benchCase.run(this);
  }

  /**
   * Runs `trial` for every entry in turn, round after round (A B C A B C), so that whatever changes in the course of
   * a run changes for all of them.
   */
  async rounds<T extends object>(
    entries: readonly Entry[],
    count: number,
    trial: (entry: Entry, dir: string) => Promise<{ command: readonly string[]; measurement: T }>,
  ): Promise<Results<T>> {
    const results = new Results<T>();
    const present = entries.filter((entry) => this.canRun(entry.contender));
    for (let round = 1; round <= count; round++) {
      for (const entry of present) {
        const name = entry.contender.name;
        const { command, measurement } = await this.inFreshDirectory((dir) => trial(entry, dir));
        results.add(name, measurement);
        this.trials.push({ case: this.caseId, contender: name, round, command, measurement });
        this.progress(`${this.caseId} ${round}/${count} ${name}: ${summary(measurement)}`);
      }
    }
    return results;
  }

  /** The usual kind of trial: a fresh server per trial, measured while it runs. */
  async servers<T extends object>(
    entries: readonly Entry[],
    measure: (server: RunningServer, dir: string) => Promise<T>,
    count = this.options.rounds,
  ): Promise<Results<T>> {
    return this.rounds(entries, count, async (entry, dir) => {
      const { contender, processes, threads } = entry;
      const server = await startContender(contender, {
        dir,
        processes,
        threads,
        slowRounds: this.slowRounds,
      });
      try {
        return { command: server.command, measurement: await measure(server, dir) };
      } finally {
        await server.stop();
      }
    });
  }

  /**
   * For ratios: all servers of a round are started together, warmed up, and then loaded in turn in short slices, from the
   * first to the last and back. All but one idle meanwhile, so that the two sides of a ratio are measured within a second.
   */
  async alternating<T extends object>(
    entries: readonly Entry[],
    prepare: (server: RunningServer, dir: string) => Promise<Loaded<T>>,
    { sliceSeconds = SLICE_S, rounds = this.options.rounds } = {},
  ): Promise<Results<T>> {
    const results = new Results<T>();
    const slices = Math.max(1, Math.round(this.options.seconds / sliceSeconds));
    const present = entries.filter((entry) => this.canRun(entry.contender));
    for (let round = 1; round <= rounds; round++) {
      await this.withAll(present, prepare, async (started) => {
        for (const { loaded } of started) await loaded.warmUp();
        const seen = started.map((): T[] => []);
        for (let slice = 0; slice < slices; slice++) {
          const order = started.map((_, i) => (slice % 2 === 0 ? i : started.length - 1 - i));
          for (const i of order) seen[i]!.push(await started[i]!.loaded.slice());
        }
        started.forEach(({ server }, i) => {
          for (const measurement of seen[i]!) results.add(server.contender.name, measurement);
          this.record(server, `${round}/${rounds}`, round, medians(seen[i]!));
        });
      });
    }
    return results;
  }

  private async withAll<T>(
    entries: readonly Entry[],
    prepare: (server: RunningServer, dir: string) => Promise<Loaded<T>>,
    work: (started: Array<{ server: RunningServer; loaded: Loaded<T> }>) => Promise<void>,
  ): Promise<void> {
    const started: Array<{ server: RunningServer; loaded: Loaded<T> }> = [];
    const ends: Array<() => Promise<unknown>> = [];
    const parent = mkdtempSync(join(this.dir, 'trial-'));
    try {
      for (const { contender, processes, threads } of entries) {
        const dir = mkdtempSync(join(parent, 'trial-'));
        const server = await startContender(contender, {
          dir,
          processes,
          threads,
          slowRounds: this.slowRounds,
        });
        ends.unshift(() => server.stop());
        const loaded = await prepare(server, dir);
        ends.unshift(async () => loaded.stop?.());
        started.push({ server, loaded });
      }
      await work(started);
    } finally {
      for (const end of ends) await end();
      rmSync(parent, { recursive: true, force: true });
    }
  }

  private record(server: RunningServer, which: string, round: number, measurement: object): void {
    const { contender, command } = server;
    this.trials.push({ case: this.caseId, contender: contender.name, round, command, measurement });
    this.progress(`${this.caseId} ${which} ${contender.name}: ${summary(measurement)}`);
  }

  private canRun(contender: Contender): boolean {
    const { contenders } = this.options;
    if (contenders.length > 0 && !contenders.includes(contender.name)) return false;
    const reason = contender.unavailable();
    if (reason !== null) this.absent.set(contender.name, reason);
    return reason === null;
  }

  private async inFreshDirectory<T>(work: (dir: string) => Promise<T>): Promise<T> {
    const dir = mkdtempSync(join(this.dir, 'trial-'));
    try {
      return await work(dir);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
}

function summary(measurement: object): string {
  return Object.entries(measurement)
    .filter((pair): pair is [string, number] => typeof pair[1] === 'number')
    .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`)
    .join(', ');
}

/** What a trial's record says of its slices. */
function medians(measurements: readonly object[]): object {
  return Object.fromEntries(
    Object.keys(measurements[0] ?? {}).map((key) => [
      key,
      median(measurements.map((one) => (one as Record<string, number>)[key]!)),
    ]),
  );
}

/** One run of the benchmark: what it was asked for, and the trials it has made. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, type RunningServer, type Shape, startContender } from './contender.js';
import type { Figure, Series } from './figure.js';
import type { Options } from './options.js';
import type { SlowRounds } from './slow-work.js';

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

export interface Case {
  id: string;
  /** One line for --list. */
  title: string;
  run(session: Session): Promise<Figure[]>;
}

/** The measurements of every contender of a case, one per round, in the order of the rounds. */
export class Results<T> {
  private readonly rounds = new Map<string, T[]>();

  add(contender: string, measurement: T): void {
    this.rounds.set(contender, [...(this.rounds.get(contender) ?? []), measurement]);
  }

  series(contender: Contender, value: (measurement: T) => number): Series {
    return { label: contender.label, values: (this.rounds.get(contender.name) ?? []).map(value) };
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

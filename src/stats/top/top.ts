/**
 * `uwsgi-node top ADDRESS`: what a server does, every second, until a key ends it. Runs in a program of the operator's; at
 * the other end: the statistics of this server or of uWSGI.
 */
import { emitKeypressEvents, type Key } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { toolErrors } from '../../errors/tools.js';
import { readStatistics } from '../client.js';
import type { Report } from '../report.js';
import { figuresOf } from './figures.js';
import { render, sortKeys, type ViewOptions } from './view.js';

/** Between two looks, milliseconds. */
const INTERVAL = 1000;

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';

interface Sample {
  report: Report;
  /** Milliseconds. */
  at: number;
}

/**
 * Where stdout is no terminal one picture is printed, of one second.
 * @returns the exit code. @throws {UwsgiNodeError} when there are no statistics at the start
 */
export async function runTop([address, ...rest]: readonly string[]): Promise<number> {
  if (address === undefined || address.startsWith('-') || rest.length > 0) throw toolErrors.usage('top');
  const first = await take(address);
  if (!process.stdout.isTTY) {
    await delay(INTERVAL);
    const lines = picture(await take(address), first, plainView);
    process.stdout.write(lines.map((line) => `${line.trimEnd()}\n`).join(''));
    return 0;
  }
  await new Screen(address, first).ended;
  return 0;
}

const plainView: ViewOptions = {
  columns: Number.POSITIVE_INFINITY,
  rows: Number.POSITIVE_INFINITY,
  sortBy: 'i',
  withCores: true,
  hasStyle: false,
};

async function take(address: string): Promise<Sample> {
  const report = await readStatistics(address);
  return { report, at: Date.now() };
}

function picture({ report, at }: Sample, before: Sample | null, view: ViewOptions): string[] {
  const seconds = before === null ? 0 : (at - before.at) / 1000;
  return render(figuresOf(report, before?.report ?? null, seconds, at), view);
}

class Screen {
  readonly ended: Promise<void>;
  readonly #address: string;
  #now: Sample;
  #before: Sample | null = null;
  /** Why the last look failed. */
  #problem: string | null = null;
  #sortBy = 'i';
  #withCores = false;
  #hasLeft = false;
  #timer: NodeJS.Timeout;
  #end!: () => void;

  constructor(address: string, first: Sample) {
    this.#address = address;
    this.#now = first;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    process.stdout.write(ENTER);
    process.once('exit', () => process.stdout.write(LEAVE));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => this.#leave());
    process.stdout.on('resize', () => this.#draw());
    process.stdout.on('error', () => this.#leave());
    if (process.stdin.isTTY) {
      emitKeypressEvents(process.stdin);
      process.stdin.setRawMode(true);
      process.stdin.on('keypress', (_, key: Key) => this.#press(key));
    }
    this.#timer = setTimeout(() => this.#look(), INTERVAL);
    this.#draw();
  }

  #press({ name = '', ctrl }: Key): void {
    if (name === 'q' || name === 'escape' || (ctrl && name === 'c')) this.#leave();
    else if (name === 'c') this.#withCores = !this.#withCores;
    else if (sortKeys.includes(name)) this.#sortBy = name;
    else if (name === 'left' || name === 'right') this.#shift(name === 'left' ? -1 : 1);
    if (!this.#hasLeft) this.#draw();
  }

  #shift(by: number): void {
    const next = sortKeys.indexOf(this.#sortBy) + by;
    this.#sortBy = sortKeys[Math.min(Math.max(next, 0), sortKeys.length - 1)]!;
  }

  async #look(): Promise<void> {
    try {
      const taken = await take(this.#address);
      this.#before = this.#now;
      this.#now = taken;
      this.#problem = null;
    } catch (error) {
      this.#problem = (error as Error).message;
    }
    if (this.#hasLeft) return;
    this.#draw();
    this.#timer = setTimeout(() => this.#look(), INTERVAL);
  }

  #draw(): void {
    // A terminal that does not know its size says 0.
    const columns = process.stdout.columns || 80;
    const rows = process.stdout.rows || 24;
    const view = {
      columns,
      rows: rows - 1,
      sortBy: this.#sortBy,
      withCores: this.#withCores,
      hasStyle: true,
    };
    const lines = picture(this.#now, this.#before, view);
    const last = this.#problem ?? `sort: ← → or ${sortKeys}   cores: c   end: q`;
    const screen = [
      ...lines,
      ...Array(Math.max(0, rows - 1 - lines.length)).fill(''),
      last.slice(0, columns),
    ];
    process.stdout.write(`\x1b[H${screen.map((line) => `${line}\x1b[K`).join('\r\n')}`);
  }

  #leave(): void {
    this.#hasLeft = true;
    clearTimeout(this.#timer);
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
    this.#end();
  }
}

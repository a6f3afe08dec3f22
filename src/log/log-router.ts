/**
 * Takes the lines of all processes and sends each where the configuration says: a route that matches has it alone; else the
 * loggers without a name have it; where there are none, it goes where it would have gone without loggers.
 */

import type { Destination } from './destination.js';
import { compileEncoders, type EncoderSetting } from './encoders.js';
import type { LoggerSetting, RouteSetting } from './logger-spec.js';

export interface RouterParts {
  readonly loggers: readonly { readonly name: LoggerSetting['name']; readonly destination: Destination }[];
  readonly routes: readonly RouteSetting[];
  readonly encoders: readonly EncoderSetting[];
  /** Regular expressions: lines that match one are dropped; with a filter, those that match none of it. */
  readonly drain: readonly string[];
  readonly filter: readonly string[];
  readonly fallback: Destination;
}

type Outlet = (line: string) => void;

/** A line that never ends is written in pieces of this many characters. */
const LONGEST_LINE = 1024 * 1024;

export class LogRouter {
  readonly #routes: readonly { readonly pattern: RegExp; readonly outlets: readonly Outlet[] }[];
  readonly #defaults: readonly Outlet[];
  readonly #drain: readonly RegExp[];
  readonly #filter: readonly RegExp[];
  readonly #destinations: readonly Destination[];
  /** Of a line that has not ended yet. */
  #rest = '';

  constructor({ loggers, routes, encoders, drain, filter, fallback }: RouterParts) {
    const outletOf = (name: string | null, destination: Destination): Outlet => {
      const encode = compileEncoders(encoders, name);
      return (line) => destination.write(encode(line));
    };
    const named = (name: string | null) =>
      loggers.filter((logger) => logger.name === name).map(({ destination }) => outletOf(name, destination));
    this.#routes = routes.map(({ name, pattern }) => ({
      pattern: new RegExp(pattern),
      outlets: named(name),
    }));
    const unnamed = named(null);
    this.#defaults = unnamed.length > 0 ? unnamed : [outletOf(null, fallback)];
    this.#drain = drain.map((pattern) => new RegExp(pattern));
    this.#filter = filter.map((pattern) => new RegExp(pattern));
    this.#destinations = [...loggers.map(({ destination }) => destination), fallback];
  }

  /** @param text latin-1, as it came: pieces of lines, many lines. */
  take(text: string): void {
    const end = text.lastIndexOf('\n') + 1;
    const complete = this.#rest + text.slice(0, end);
    this.#rest = end === 0 ? complete + text : text.slice(end);
    if (end > 0) for (const line of complete.slice(0, -1).split('\n')) this.#send(line);
    if (this.#rest.length > LONGEST_LINE) this.#endLine();
  }

  /** Writes everything, the beginning of a line too; for the end. */
  flush(): void {
    if (this.#rest !== '') this.#endLine();
    for (const destination of this.#destinations) destination.flush();
  }

  /** Opens files again. Returns what went wrong. */
  reopen(): string[] {
    return this.#tryEach((destination) => destination.reopen?.());
  }

  /** Gives files another name. Returns what went wrong. */
  rotate(): string[] {
    return this.#tryEach((destination) => destination.rotate?.());
  }

  #tryEach(act: (destination: Destination) => void): string[] {
    return this.#destinations.flatMap((destination) => {
      try {
        act(destination);
        return [];
      } catch (error) {
        return `uwsgi-node: ${(error as Error).message}`;
      }
    });
  }

  #endLine(): void {
    const line = this.#rest;
    this.#rest = '';
    this.#send(line);
  }

  #send(line: string): void {
    const matches = (pattern: RegExp) => pattern.test(line);
    if (this.#drain.some(matches) || (this.#filter.length > 0 && !this.#filter.some(matches))) return;
    const routed = this.#routes.filter(({ pattern }) => pattern.test(line)).flatMap(({ outlets }) => outlets);
    for (const write of routed.length > 0 ? routed : this.#defaults) write(line);
  }
}

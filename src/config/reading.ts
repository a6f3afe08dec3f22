/** A configuration while it is read: what files, and options that act at once, may see of it and do to it. */
import type { ProblemText } from '../errors/configuration.js';
import type { Entry } from './entry.js';
import type { FormatName } from './formats.js';
import type { Logic } from './logic.js';
import type { Origin } from './origin.js';
import type { Template } from './templates.js';

export interface Reading {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What uWSGI prints while it reads. */
  readonly announcements: string[];
  readonly plugins: Set<string>;
  readonly templates: Template[];
  /** Texts put before and after every file. */
  readonly files: { readonly before: string[]; readonly after: string[] };
  block: Block | null;
  /** Names that `blacklist` or `whitelist` allows or forbids from here on. */
  blacklist: Set<string> | null;
  whitelist: Set<string> | null;

  /** Takes one entry through the open block, if any, into the list, and lets it act if it acts at once. */
  add(entry: Entry): void;
  /** Reads the file that an entry names; the entries in it come where the entry stands. */
  load(format: FormatName, entry: Entry, isFirst: boolean): void;
  loadBySuffix(entry: Entry, isFirst: boolean): void;
  refuseEntry(entry: Entry, problem: ProblemText): void;
  refuse(origin: Origin, text: string, problem: ProblemText): void;
  warn(origin: Origin, text: string, problem: ProblemText): void;
  /** Gives up at once: to read on would never end. */
  abort(entry: Entry, problem: ProblemText): never;
}

/** An open `for` or `if`. */
export interface Block {
  readonly key: string;
  readonly logic: Logic;
  readonly argument: string;
  readonly origin: Origin;
}

/** An `exit` line: the configuration wants the program to end. */
export class ExitRequested extends Error {
  constructor(readonly exitCode: number) {
    super(`exit = ${exitCode}`);
  }
}

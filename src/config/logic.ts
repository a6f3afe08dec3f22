/**
 * `for`, `if` and their kin (uwsgi-map 3.5). A block does not hold lines: while it is open, each line that comes is
 * repeated, kept or dropped by itself, with `%(_)` standing for the item at hand.
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type ProblemText, problems } from '../errors/configuration.js';
import { glob } from './glob.js';
import { reasonOf } from './sources.js';

/** What conditions look at. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The value of the first entry of this name, as written; null when there is none, or none with a value. */
  valueOf(name: string): string | null;
  /** Whether a `plugins` line has named it. */
  hasPlugin(name: string): boolean;
}

/** What an open block does to a line: one value for `%(_)` per copy of the line. Null leaves `%(_)` as it is. */
export type Items = readonly (string | null)[];

/** An argument that the block cannot use. */
export class LogicError extends Error {
  constructor(readonly problem: ProblemText) {
    super(problem.message);
  }
}

/** Evaluates the block for one line. @throws {LogicError} */
export type Logic = (argument: string, around: Surroundings) => Items;

/** The most copies a `for-times` may ask for; a line more is a mistake, not a configuration. */
const MOST_TIMES = 100_000;
/** uWSGI reads the lines of `for-readline` into a buffer of this size; a longer one comes in pieces. */
const LINE_BUFFER = 1023;

const kept = (holds: boolean, item: string | null): Items => (holds ? [item] : []);

/** A condition and its opposite. */
const either =
  (holds: boolean, test: (argument: string, around: Surroundings) => boolean): Logic =>
  (argument, around) =>
    kept(test(argument, around) === holds, argument);

/** `NAME` or `NAME=value`, against a look-up. */
const compared =
  (holds: boolean, lookUp: (name: string, around: Surroundings) => string | null): Logic =>
  (argument, around) => {
    const equals = argument.indexOf('=');
    const found = lookUp(equals < 0 ? argument : argument.slice(0, equals), around);
    const matches = found !== null && (equals < 0 || found === argument.slice(equals + 1));
    return kept(matches === holds, found);
  };

const environment = (name: string, { env }: Surroundings) => env[name] ?? null;
const option = (name: string, around: Surroundings) => around.valueOf(name);

const isReadable = (path: string, { cwd }: Surroundings) => {
  try {
    accessSync(resolve(cwd, path), constants.R_OK);
    return true;
  } catch {
    return false;
  }
};
const stats = (path: string, cwd: string) => {
  try {
    return statSync(resolve(cwd, path));
  } catch {
    return null;
  }
};
const isFile = (path: string, { cwd }: Surroundings) => stats(path, cwd)?.isFile() ?? false;
const isFolder = (path: string, { cwd }: Surroundings) => stats(path, cwd)?.isDirectory() ?? false;
const isHost = (name: string) => name === hostname();
const isReload = ({ env }: Surroundings) => env.UWSGI_RELOADS !== undefined;

function matchesHost(pattern: string): boolean {
  try {
    return new RegExp(pattern).test(hostname());
  } catch (error) {
    throw new LogicError(problems.invalidPattern(pattern, (error as Error).message));
  }
}

function times(argument: string): Items {
  const count = Number.parseInt(argument, 10);
  if (count > MOST_TIMES) throw new LogicError(problems.outOfRange(count, 0, MOST_TIMES));
  return Array.from({ length: Math.max(count, 0) || 0 }, (_, index) => String(index + 1));
}

function lines(file: string, { cwd }: Surroundings): Items {
  let text: string;
  try {
    text = readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new LogicError(problems.unreadableFile(file, reasonOf(error)));
  }
  const found = text.match(new RegExp(`[^\\n]{${LINE_BUFFER}}|[^\\n]*\\n|[^\\n]+$`, 'g')) ?? [];
  return found.map((line) => line.replace(/[\r\n]+$/, ''));
}

/** By the name of the option that opens the block. */
export const logics: Readonly<Record<string, Logic>> = {
  for: (argument) => argument.split(' ').filter(Boolean),
  'for-glob': (argument, { cwd }) => glob(argument, cwd),
  'for-times': times,
  'for-readline': lines,
  'if-env': compared(true, environment),
  'if-not-env': compared(false, environment),
  'if-opt': compared(true, option),
  'if-not-opt': compared(false, option),
  'if-exists': either(true, isReadable),
  'if-not-exists': either(false, isReadable),
  'if-file': either(true, isFile),
  'if-not-file': either(false, isFile),
  'if-dir': either(true, isFolder),
  'if-not-dir': either(false, isFolder),
  'if-plugin': either(true, (name, around) => around.hasPlugin(name)),
  'if-not-plugin': either(false, (name, around) => around.hasPlugin(name)),
  'if-hostname': either(true, isHost),
  'if-not-hostname': either(false, isHost),
  'if-hostname-match': either(true, matchesHost),
  'if-not-hostname-match': either(false, matchesHost),
  'if-reload': (_, around) => kept(isReload(around), null),
  'if-not-reload': (_, around) => kept(!isReload(around), null),
};

/** Whether a line of this name closes a block. `end` is no option of uWSGI, but it closes one. */
export function closesBlock(key: string): boolean {
  return ['end', 'endfor', 'endif', 'end-for', 'end-if'].includes(key);
}

/**
 * Options that act while the configuration is read, before anything is expanded or judged.
 */
import { execFileSync } from 'node:child_process';
import { problems } from '../errors/configuration.js';
import { type Entry, textOf } from './entry.js';
import { readEnvironmentFolder } from './envdir.js';
import { type Logic, logics } from './logic.js';
import { findOption } from './options.js';
import { ExitRequested, type Reading } from './reading.js';
import { Unreadable } from './sources.js';
import { parseTemplate } from './templates.js';

type Directive = (reading: Reading, entry: Entry) => void;

/** `NAME=value`, or null after the mistake has been noted. */
function assignment(reading: Reading, entry: Entry): readonly [name: string, value: string] | null {
  const equals = entry.value?.indexOf('=') ?? -1;
  if (equals >= 0) return [entry.value!.slice(0, equals), entry.value!.slice(equals + 1)];
  reading.refuseEntry(entry, problems.invalidVariable(entry.value ?? ''));
  return null;
}

/** `set = name=value`: an option or a variable, in a line of its own. */
function set(reading: Reading, entry: Entry): void {
  const pair = assignment(reading, entry);
  if (pair !== null)
    reading.add({ ...entry, key: pair[0], value: pair[1], isDefined: true, isSettled: false });
}

/** `set-placeholder = name=value`: never an option, and never expanded by itself. */
function setPlaceholder(reading: Reading, entry: Entry): void {
  const pair = assignment(reading, entry);
  if (pair === null) return;
  const [key, value] = pair;
  if (findOption(key)) reading.refuseEntry(entry, problems.placeholderIsOption(key));
  else reading.add({ ...entry, key, value, isDefined: true, isSettled: true });
}

/** `resolve = name=host`: a placeholder with the host's IPv4 address. */
function resolveHost(reading: Reading, entry: Entry): void {
  const pair = assignment(reading, entry);
  if (pair === null) return;
  // Node looks names up asynchronously only; a child of its own may wait for the answer.
  const script =
    'require("node:dns").lookup(process.argv[1], 4, (e, a) => { if (e) throw e; process.stdout.write(a); })';
  try {
    const address = execFileSync(process.execPath, ['-e', script, pair[1]], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    setPlaceholder(reading, { ...entry, value: `${pair[0]}=${address}` });
  } catch {
    reading.refuseEntry(entry, problems.unresolvedHost(pair[1]));
  }
}

/** Opens a `for` or an `if`, each of which holds until its end, and holds no other. */
const openBlock =
  (logic: Logic): Directive =>
  (reading, { key, value, origin }) => {
    const { block } = reading;
    if (block === null) reading.block = { key, logic, argument: value ?? '', origin };
    else reading.refuse(origin, textOf({ key, value }), problems.nestedLogic(block.key));
  };

function namesIn(value: string | null): Set<string> {
  return new Set((value ?? '').toLowerCase().split(' ').filter(Boolean));
}

function earlyEnvironment(reading: Reading, entry: Entry): void {
  try {
    for (const [name, value] of readEnvironmentFolder(entry.value ?? '', reading.cwd)) {
      if (value === null) delete reading.env[name];
      else reading.env[name] = value;
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    reading.refuseEntry(entry, error.problem);
  }
}

function rememberPlugins(reading: Reading, entry: Entry): void {
  for (const name of (entry.value ?? '').split(/[, ]+/)) reading.plugins.add(name);
}

function declareOption(reading: Reading, entry: Entry): void {
  const pair = assignment(reading, entry);
  if (pair !== null) reading.templates.push(parseTemplate(pair[0], pair[1]));
}

function exit(_reading: Reading, entry: Entry): void {
  throw new ExitRequested(entry.value === null ? 1 : Number.parseInt(entry.value, 10) & 0xff);
}

/** By the option's name; immediate options that are not here change nothing while the configuration is read. */
export const directives: Readonly<Record<string, Directive>> = {
  ini: (reading, entry) => reading.load('ini', entry, true),
  xml: (reading, entry) => reading.load('xml', entry, true),
  yaml: (reading, entry) => reading.load('yaml', entry, true),
  json: (reading, entry) => reading.load('json', entry, true),
  config: (reading, entry) => reading.loadBySuffix(entry, true),
  include: (reading, entry) => reading.loadBySuffix(entry, false),
  'inject-before': (reading, entry) => reading.files.before.push(entry.value ?? ''),
  'inject-after': (reading, entry) => reading.files.after.push(entry.value ?? ''),
  set,
  'set-placeholder': setPlaceholder,
  resolve: resolveHost,
  'declare-option': declareOption,
  'early-envdir': earlyEnvironment,
  plugins: rememberPlugins,
  blacklist: (reading, entry) => {
    reading.blacklist = namesIn(entry.value);
  },
  'end-blacklist': (reading) => {
    reading.blacklist = null;
  },
  whitelist: (reading, entry) => {
    reading.whitelist = namesIn(entry.value);
  },
  'end-whitelist': (reading) => {
    reading.whitelist = null;
  },
  iprint: (reading, entry) => reading.announcements.push(entry.value ?? ''),
  exit,
  ...Object.fromEntries(Object.entries(logics).map(([name, logic]) => [name, openBlock(logic)])),
};

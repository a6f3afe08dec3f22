/**
 * Options that act while the configuration is read, before anything is expanded or judged.
 */
import { execFileSync } from 'node:child_process';
import { problems } from '../errors/configuration.js';
import { type Entry, textOf } from './entry.js';
import { readEnvironmentFolder } from './envdir.js';
import { ExitRequested, type Loader } from './loader.js';
import { type Logic, logics } from './logic.js';
import { findOption } from './options.js';
import { Unreadable } from './sources.js';
import { parseTemplate } from './templates.js';

type Directive = (loader: Loader, entry: Entry) => void;

/** `NAME=value`, or null after the loader has been told. */
function assignment(loader: Loader, entry: Entry): readonly [name: string, value: string] | null {
  const equals = entry.value?.indexOf('=') ?? -1;
  if (equals >= 0) return [entry.value!.slice(0, equals), entry.value!.slice(equals + 1)];
  loader.refuseEntry(entry, problems.invalidVariable(entry.value ?? ''));
  return null;
}

/** `set = name=value`: an option or a variable, in a line of its own. */
function set(loader: Loader, entry: Entry): void {
  const pair = assignment(loader, entry);
  if (pair !== null)
    loader.add({ ...entry, key: pair[0], value: pair[1], isDefined: true, isSettled: false });
}

/** `set-placeholder = name=value`: never an option, and never expanded by itself. */
function setPlaceholder(loader: Loader, entry: Entry): void {
  const pair = assignment(loader, entry);
  if (pair === null) return;
  const [key, value] = pair;
  if (findOption(key)) loader.refuseEntry(entry, problems.placeholderIsOption(key));
  else loader.add({ ...entry, key, value, isDefined: true, isSettled: true });
}

/** `resolve = name=host`: a placeholder with the host's IPv4 address. */
function resolveHost(loader: Loader, entry: Entry): void {
  const pair = assignment(loader, entry);
  if (pair === null) return;
  // Node looks names up asynchronously only; a child of its own may wait for the answer.
  const script =
    'require("node:dns").lookup(process.argv[1], 4, (e, a) => { if (e) throw e; process.stdout.write(a); })';
  try {
    const address = execFileSync(process.execPath, ['-e', script, pair[1]], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    setPlaceholder(loader, { ...entry, value: `${pair[0]}=${address}` });
  } catch {
    loader.refuseEntry(entry, problems.unresolvedHost(pair[1]));
  }
}

/** Opens a `for` or an `if`, each of which holds until its end, and holds no other. */
const openBlock =
  (logic: Logic): Directive =>
  (loader, { key, value, origin }) => {
    const { block } = loader;
    if (block === null) loader.block = { key, logic, argument: value ?? '', origin };
    else loader.refuse(origin, textOf({ key, value }), problems.nestedLogic(block.key));
  };

function namesIn(value: string | null): Set<string> {
  return new Set((value ?? '').toLowerCase().split(' ').filter(Boolean));
}

function earlyEnvironment(loader: Loader, entry: Entry): void {
  try {
    for (const [name, value] of readEnvironmentFolder(entry.value ?? '', loader.cwd)) {
      if (value === null) delete loader.env[name];
      else loader.env[name] = value;
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    loader.refuseEntry(entry, error.problem);
  }
}

function rememberPlugins(loader: Loader, entry: Entry): void {
  for (const name of (entry.value ?? '').split(/[, ]+/)) loader.plugins.add(name);
}

function declareOption(loader: Loader, entry: Entry): void {
  const pair = assignment(loader, entry);
  if (pair !== null) loader.templates.push(parseTemplate(pair[0], pair[1]));
}

function exit(_loader: Loader, entry: Entry): void {
  throw new ExitRequested(entry.value === null ? 1 : Number.parseInt(entry.value, 10) & 0xff);
}

/** By the option's name; immediate options that are not here change nothing while the configuration is read. */
export const directives: Readonly<Record<string, Directive>> = {
  ini: (loader, entry) => loader.load('ini', entry, true),
  xml: (loader, entry) => loader.load('xml', entry, true),
  yaml: (loader, entry) => loader.load('yaml', entry, true),
  json: (loader, entry) => loader.load('json', entry, true),
  config: (loader, entry) => loader.loadBySuffix(entry, true),
  include: (loader, entry) => loader.loadBySuffix(entry, false),
  'inject-before': (loader, entry) => loader.files.before.push(entry.value ?? ''),
  'inject-after': (loader, entry) => loader.files.after.push(entry.value ?? ''),
  set,
  'set-placeholder': setPlaceholder,
  resolve: resolveHost,
  'declare-option': declareOption,
  'early-envdir': earlyEnvironment,
  plugins: rememberPlugins,
  blacklist: (loader, entry) => {
    loader.blacklist = namesIn(entry.value);
  },
  'end-blacklist': (loader) => {
    loader.blacklist = null;
  },
  whitelist: (loader, entry) => {
    loader.whitelist = namesIn(entry.value);
  },
  'end-whitelist': (loader) => {
    loader.whitelist = null;
  },
  iprint: (loader, entry) => loader.announcements.push(entry.value ?? ''),
  exit,
  ...Object.fromEntries(Object.entries(logics).map(([name, logic]) => [name, openBlock(logic)])),
};

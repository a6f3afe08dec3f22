/**
 * From the command line, the environment and configuration files to `Settings`: gather, expand, show, judge (uwsgi-map
 * 3.2).
 */
import { ConfigurationError, formatProblem, type Problem, problems } from '../errors/configuration.js';
import type { Entry } from './entry.js';
import { explain } from './help.js';
import { judge } from './judge.js';
import { Loader } from './loader.js';
import { findOption, optionNames } from './options.js';
import { arePassedToAnother, passedSockets } from './passed-sockets.js';
import { EndlessExpansion, expand, placeholderResolver, type Resolve } from './placeholders.js';
import { ExitRequested } from './reading.js';
import type { Settings } from './settings.js';
import { showConfig } from './show.js';
import { readSource, Unreadable } from './sources.js';
import { expandTemplates } from './templates.js';
import { parseBool } from './values.js';
import { packageVersion } from './version.js';

/** What the configuration asks for: a server, or a text and no server. */
export type LoadResult =
  | {
      action: 'run';
      settings: Settings;
      /** What uWSGI prints while it reads: `[uWSGI] getting INI configuration from myapp.ini`. */
      announcements: string[];
      /** One line each, with file and line. */
      warnings: string[];
    }
  /** `--reload PIDFILE` and the like: a word to an instance that runs. */
  | { action: 'signal'; option: string; pidfile: string; signal: NodeJS.Signals }
  /** The exit code is 0 unless an `exit` line says otherwise. */
  | { action: 'print'; text: string; exitCode: number };

/**
 * Reads the configuration.
 *
 * @param argv what follows the program's name.
 * @param env  for `UWSGI_*` and `$(NAME)`.
 * @param cwd  what relative names of configuration files are relative to.
 * @throws {ConfigurationError} with every mistake that was found.
 */
export function loadConfiguration(argv: string[], env: NodeJS.ProcessEnv, cwd: string): LoadResult {
  const loader = new Loader(env, cwd);
  try {
    loader.addEnvironment();
    loader.addArguments(argv);
    const help = loader.entries.find(({ key }) => findOption(key)?.name === 'help');
    if (help) return print(explain(help.value));
    const word = wordToInstance(loader);
    if (word) return word;
    const used = expandEntries(loader);
    inherit(loader);
    return printed(loader) ?? judged(loader, used, argv);
  } catch (error) {
    if (error instanceof ExitRequested) return print(lines(loader.announcements), error.exitCode);
    throw error;
  }
}

const signals: Readonly<Record<string, NodeJS.Signals>> = {
  stop: 'SIGINT',
  reload: 'SIGHUP',
  pause: 'SIGTSTP',
  suspend: 'SIGTSTP',
  resume: 'SIGTSTP',
};

/** Only from the command line: a file that said so could start no server. */
function wordToInstance({ entries }: Loader): LoadResult | null {
  for (const { key, value, source } of entries) {
    const signal = source === 'argument' ? signals[findOption(key)?.name ?? ''] : undefined;
    if (signal !== undefined) return { action: 'signal', option: key, pidfile: value ?? '', signal };
  }
  return null;
}

const print = (text: string, exitCode = 0): LoadResult => ({ action: 'print', text, exitCode });
const lines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('');

const isOn = (loader: Loader, name: string) =>
  loader.entries.some(({ key, value }) => key === name && parseBool(value));

/** @returns the names that placeholders referred to. */
function expandEntries(loader: Loader): Set<string> {
  const used = new Set<string>();
  const passes: [symbol: string, resolverFor: (entry: Entry) => Resolve][] = [
    ['$', () => (name) => loader.env[name] ?? null],
    ['@', (entry) => (name) => readInline(loader, entry, name)],
    ['%', placeholderResolver(loader.entries, (name) => used.add(name))],
  ];
  for (const [symbol, resolverFor] of passes) {
    for (const entry of loader.entries) {
      if (entry.isSettled || !entry.value?.includes(`${symbol}(`)) continue;
      try {
        entry.value = expand(entry.value, symbol, resolverFor(entry));
      } catch (error) {
        if (!(error instanceof EndlessExpansion)) throw error;
        loader.refuseEntry(entry, error.problem);
      }
    }
  }
  return used;
}

/** `@(file)`: what is in it, without the newline at its end. */
function readInline(loader: Loader, entry: Entry, name: string): string | null {
  try {
    return readSource(name, loader.cwd)
      .toString('utf8')
      .replace(/[\r\n]$/, '');
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    loader.refuseEntry(entry, error.problem);
    return null;
  }
}

/** `inherit` reads its file last, and nothing in it is expanded. */
function inherit(loader: Loader): void {
  for (let index = 0; index < loader.entries.length; index++) {
    const entry = loader.entries[index]!;
    if (entry.key !== 'inherit') continue;
    entry.isSettled = true;
    loader.loadBySuffix(entry, false);
  }
}

/** What is printed instead of a start, if anything. None of it depends on whether the configuration is right. */
function printed(loader: Loader): LoadResult | null {
  if (isOn(loader, 'version')) return print(`${packageVersion()}\n`);
  if (isOn(loader, 'dump-options')) return print(lines([...optionNames()]));
  const asked = loader.entries
    .filter(({ key }) => key === 'get')
    .map(({ value }) => loader.valueOf(value ?? ''));
  if (asked.length > 0) return print(lines(asked.filter((value) => value !== null)));
  if (isOn(loader, 'show-config') && loader.problems.length === 0) return print(showConfig(loader.entries));
  return null;
}

function judged(loader: Loader, used: ReadonlySet<string>, argv: readonly string[]): LoadResult {
  const entries = expandTemplates(loader.entries, loader.templates);
  const {
    settings,
    problems: mistakes,
    warnings,
  } = judge(entries, used, loader.cwd, loader.problems.length === 0, passedSockets(loader.env, process.pid));
  const found = [...loader.problems, ...mistakes];
  const warned = [...loader.warnings, ...warnings, ...lostSockets(loader.env, mistakes)];
  if (found.length > 0) throw new ConfigurationError(found, warned);
  settings.title = ['uwsgi-node', ...argv].join(' ');
  const texts = warned.map(formatProblem);
  const announcements = [...loader.announcements, ...printLines(loader)];
  if (!isOn(loader, 'check')) return { action: 'run', settings, announcements, warnings: texts };
  return print(lines([...announcements, ...texts, 'the configuration is valid']));
}

/** Why there is no socket, where systemd had some. */
function lostSockets(env: NodeJS.ProcessEnv, mistakes: readonly Problem[]): Problem[] {
  const hasNone = mistakes.some(({ code }) => code === problems.noSocket(false).code);
  if (!hasNone || !arePassedToAnother(env, process.pid)) return [];
  return [{ ...problems.passedToAnother(env.LISTEN_PID ?? ''), where: 'environment', text: '' }];
}

const printLines = (loader: Loader) =>
  loader.entries.filter(({ key }) => key === 'print').map(({ value }) => value ?? '');

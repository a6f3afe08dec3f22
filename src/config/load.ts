/**
 * From the command line, the environment and configuration files to `Settings`, in the order uWSGI keeps (uwsgi-map
 * 3.2): environment, then the command line in which `ini` acts at once, then bare files; expansion; judgement.
 */
import { readFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { ConfigurationError, formatProblem, type Problem, type ProblemText, problems } from '../errors.js';
import { parseArguments } from './argv.js';
import { type Entry, fromArguments, type Source, whereIs } from './entry.js';
import { explain } from './help.js';
import { parseIni } from './ini.js';
import { judge } from './judge.js';
import { findOption, optionNames } from './options.js';
import { expandEnvironment, expandPlaceholders } from './placeholders.js';
import type { Origin, Settings } from './settings.js';
import { showConfig } from './show.js';
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
  | { action: 'print'; text: string; exitCode: 0 };

/**
 * Reads the configuration.
 *
 * @param argv what follows the program's name.
 * @param env  for `UWSGI_*` and `$(NAME)`.
 * @param cwd  what relative names of configuration files are relative to.
 * @throws {ConfigurationError} with every mistake that was found.
 */
export function loadConfiguration(argv: string[], env: NodeJS.ProcessEnv, cwd: string): LoadResult {
  const loader = new Loader(cwd);
  loader.addEnvironment(env);
  loader.addArguments(argv);
  const { entries } = loader;

  const help = entries.find((entry) => findOption(entry.key)?.name === 'help');
  if (help) return print(explain(help.value));
  if (loader.problems.length > 0) throw new ConfigurationError(loader.problems);

  expandEnvironment(entries, env);
  const used = expandPlaceholders(entries);
  if (isOn(entries, 'version')) return print(`${packageVersion()}\n`);
  if (isOn(entries, 'dump-options')) return print(`${[...optionNames()].join('\n')}\n`);
  if (isOn(entries, 'show-config')) return print(showConfig(entries));

  const { settings: judged, problems: mistakes, warnings } = judge(entries, used);
  if (mistakes.length > 0) throw new ConfigurationError([...mistakes]);
  const settings = { ...judged, title: ['uwsgi-node', ...argv].join(' ') };
  const texts = [...loader.warnings, ...warnings].map(formatProblem);
  if (isOn(entries, 'check'))
    return print([...loader.announcements, ...texts, 'the configuration is valid', ''].join('\n'));
  return { action: 'run', settings, announcements: loader.announcements, warnings: texts };
}

const print = (text: string): LoadResult => ({ action: 'print', text, exitCode: 0 });

const isOn = (entries: readonly Entry[], key: string) =>
  entries.some((entry) => entry.key === key && parseBool(entry.value));

/** Extensions that make a bare word of the command line an application. */
const applicationExtensions = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']);

/** Collects the entries in order, and acts on those that act at once. */
class Loader {
  readonly entries: Entry[] = [];
  readonly announcements: string[] = [];
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  /** The file that `:section` refers to. */
  private lastFile: string | null = null;

  constructor(private readonly cwd: string) {}

  addEnvironment(env: NodeJS.ProcessEnv): void {
    for (const [name, value] of Object.entries(env)) {
      if (!name.startsWith('UWSGI_') || reservedVariables.has(name) || value === undefined) continue;
      const key = name.slice('UWSGI_'.length).toLowerCase().replaceAll('_', '-');
      this.add({ key, value, origin: { file: 'environment', line: null }, source: 'environment' });
    }
  }

  addArguments(argv: readonly string[]): void {
    const line = parseArguments(argv);
    for (const { text, problem } of line.problems)
      this.problems.push({ ...problem, where: whereIs(fromArguments), text });
    for (const { key, value } of line.options)
      this.add({ key, value, origin: fromArguments, source: 'argument' });
    for (const word of line.bare) this.addBareWord(word);
  }

  private addBareWord(word: string): void {
    const extension = extname(word);
    if (extension === '.ini') this.readFile(word, fromArguments, word, 'bare file');
    else if (applicationExtensions.has(extension)) this.addApplication('wsgi-file', word);
    else if (/^[\w./@-]+:\w+$/.test(word)) this.addApplication('module', word);
    else this.problems.push({ ...problems.notAnArgument(word), where: whereIs(fromArguments), text: '' });
  }

  private addApplication(key: string, value: string): void {
    this.add({ key, value, origin: fromArguments, source: 'argument' });
  }

  private add(entry: Entry): void {
    this.entries.push(entry);
    const name = findOption(entry.key)?.name;
    if (name === 'ini')
      this.readFile(entry.value ?? '', entry.origin, `${entry.key} = ${entry.value}`, 'file');
    else if (name === 'set-placeholder' || name === 'set') this.define(entry);
  }

  /** `set = name=value`: an entry of its own, called `name`. */
  private define(entry: Entry): void {
    const equals = entry.value?.indexOf('=') ?? -1;
    if (equals < 1) {
      this.refuse(entry.origin, `${entry.key} = ${entry.value}`, problems.invalidVariable(entry.value ?? ''));
      return;
    }
    this.add({
      ...entry,
      key: entry.value!.slice(0, equals),
      value: entry.value!.slice(equals + 1),
      defined: true,
    });
  }

  /** Reads `file`, `file:section`, `:section` or `-`. */
  private readFile(name: string, origin: Origin, text: string, source: Source): void {
    const colon = name.lastIndexOf(':');
    const file = (colon < 0 ? name : name.slice(0, colon)) || this.lastFile || '';
    const section = colon < 0 ? 'uwsgi' : name.slice(colon + 1);
    this.lastFile = file;
    this.announcements.push(`[uWSGI] getting INI configuration from ${file}`);
    let content: string;
    try {
      content = readFileSync(file === '-' ? 0 : resolve(this.cwd, file), 'utf8');
    } catch (error) {
      this.refuse(origin, text, problems.unreadableFile(file, (error as Error).message));
      return;
    }
    const { lines, found } = parseIni(content, section);
    if (!found)
      this.warnings.push({ ...problems.missingSection(section, file), where: basename(file), text: '' });
    for (const { key, value, line } of lines) this.add({ key, value, origin: { file, line }, source });
  }

  private refuse(origin: Origin, text: string, problem: ProblemText): void {
    this.problems.push({ ...problem, where: whereIs(origin), text });
  }
}

/** Variables that carry the server's own state between its processes. */
const reservedVariables = new Set([
  'UWSGI_RELOADS',
  'UWSGI_VASSALS_DIR',
  'UWSGI_EMPEROR_FD',
  'UWSGI_EMPEROR_FD_CONFIG',
  'UWSGI_EMPEROR_PROXY',
  'UWSGI_BROODLORD_NUM',
  'UWSGI_JAIL_PID',
  'UWSGI_ORIGINAL_PROC_NAME',
]); // prettier-ignore

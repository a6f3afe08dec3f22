/**
 * Gathers the entries of a configuration in the order uWSGI keeps (uwsgi-map 3.2): the environment, then the command
 * line, then bare words. Options that say how to read on (`ini`, `set`, `for`, …) act the moment they come.
 */
import { extname } from 'node:path';
import { ConfigurationError, type Problem, type ProblemText, problems } from '../errors/configuration.js';
import { readArguments } from './argv.js';
import { explainBareWord, isOtherThanModule } from './bare-word.js';
import { directives } from './directives.js';
import { type Entry, type Source, textOf } from './entry.js';
import { ConfigurationFiles } from './files.js';
import { type FormatName, formatOf } from './formats.js';
import { closesBlock, type Items, LogicError, type Surroundings } from './logic.js';
import { findOption } from './options.js';
import { fromArguments, type Origin, whereIs } from './origin.js';
import type { Block, Reading } from './reading.js';
import type { Template } from './templates.js';

/** Beyond this a `for` or a circle of files is at work, not an operator. */
const MOST_ENTRIES = 100_000;

/** Extensions that make a bare word of the command line an application. */
const applicationExtensions = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']);

/** Variables that carry the server's own state between its processes. */
const reservedVariables = new Set(
  (
    'UWSGI_RELOADS UWSGI_VASSALS_DIR UWSGI_EMPEROR_FD UWSGI_EMPEROR_FD_CONFIG UWSGI_EMPEROR_PROXY ' +
    'UWSGI_BROODLORD_NUM UWSGI_JAIL_PID UWSGI_ORIGINAL_PROC_NAME'
  ).split(' '),
);

export class Loader implements Reading, Surroundings {
  readonly entries: Entry[] = [];
  /** What uWSGI prints while it reads. */
  readonly announcements: string[] = [];
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly env: NodeJS.ProcessEnv;
  readonly plugins = new Set<string>();
  readonly templates: Template[] = [];
  readonly files: ConfigurationFiles;
  block: Block | null = null;
  /** Names that `blacklist` or `whitelist` allows or forbids from here on. */
  blacklist: Set<string> | null = null;
  whitelist: Set<string> | null = null;
  /** The copies that a block makes of a line are not looked at by the block again. */
  private isRepeating = false;

  constructor(
    env: NodeJS.ProcessEnv,
    readonly cwd: string,
  ) {
    this.env = { ...env };
    this.files = new ConfigurationFiles(this);
  }

  /** Every `UWSGI_NAME=value` is `name = value`. */
  addEnvironment(): void {
    for (const [name, value] of Object.entries(this.env)) {
      if (!name.startsWith('UWSGI_') || reservedVariables.has(name) || value === undefined) continue;
      const key = name.slice('UWSGI_'.length).toLowerCase().replaceAll('_', '-');
      this.add(makeEntry(key, value, { file: 'environment', line: null }, 'environment'));
    }
  }

  addArguments(argv: readonly string[]): void {
    const bare: string[] = [];
    // One by one, because an option may declare the next.
    for (const item of readArguments(argv, this.templates)) {
      if (item.kind === 'problem') this.refuse(fromArguments, item.text, item.problem);
      else if (item.kind === 'bare') bare.push(item.word);
      else this.add(makeEntry(item.key, item.value, fromArguments, 'argument'));
    }
    for (const word of bare) this.addBareWord(word);
    this.warnOfOpenBlock();
  }

  private addBareWord(word: string): void {
    const format = formatOf(word);
    const isApplication =
      applicationExtensions.has(extname(word)) && !(format === 'json' && this.files.isJson(word));
    if (isApplication) this.add(makeEntry('wsgi-file', word, fromArguments, 'argument'));
    else if (format !== null)
      this.files.load(format, word, makeEntry(word, null, fromArguments, 'bare file'), false);
    else if (/\.[cm]?[jt]s:\w+$/.test(word)) this.addNamedExport(word);
    else if (/^[\w./@-]+:\w+$/.test(word) && !isOtherThanModule(word))
      this.add(makeEntry('module', word, fromArguments, 'argument'));
    // Behind an option that was refused it is most likely that option's value.
    else if (this.problems.length === 0) this.refuse(fromArguments, '', explainBareWord(word, this.cwd));
  }

  /** `app.js:callable` */
  private addNamedExport(word: string): void {
    const colon = word.lastIndexOf(':');
    this.add(makeEntry('wsgi-file', word.slice(0, colon), fromArguments, 'argument'));
    this.add(makeEntry('callable', word.slice(colon + 1), fromArguments, 'argument'));
  }

  /** Lines behind a block that was meant to end are lost, or repeated, without a word. */
  private warnOfOpenBlock(): void {
    if (this.block === null) return;
    const { key, argument, origin } = this.block;
    this.warn(origin, textOf({ key, value: argument }), problems.openBlock(key));
  }

  /** Takes one entry through the open block, if any, into the list, and lets it act if it acts at once. */
  add(entry: Entry): void {
    if (this.isForbidden(entry)) return;
    if (!this.isRepeating) {
      if (closesBlock(entry.key)) this.block = null;
      if (this.block !== null) {
        this.repeat(this.block, entry);
        return;
      }
    }
    if (this.entries.length >= MOST_ENTRIES) this.abort(entry, problems.tooManyLines(MOST_ENTRIES));
    this.entries.push(entry);
    const option = findOption(entry.key);
    if (!option?.immediate || entry.isSettled) return;
    entry.isSettled = true;
    directives[option.name]?.(this, entry);
  }

  /** Reads a file that an entry names; the entries in it come where the entry stands. */
  loadBySuffix(entry: Entry, isFirst: boolean): void {
    const name = entry.value ?? '';
    const format = formatOf(name);
    if (format === null) this.refuseEntry(entry, problems.unknownFormat(name));
    else this.load(format, entry, isFirst);
  }

  load(format: FormatName, entry: Entry, isFirst: boolean): void {
    this.files.load(format, entry.value ?? '', entry, isFirst);
  }

  private repeat(block: Block, entry: Entry): void {
    let items: Items;
    try {
      items = block.logic(block.argument, this);
    } catch (error) {
      if (!(error instanceof LogicError)) throw error;
      this.refuse(block.origin, `${block.key} = ${block.argument}`, error.problem);
      // The argument stays wrong for every line of the block; once is enough.
      this.block = { ...block, logic: () => [] };
      return;
    }
    this.isRepeating = true;
    for (const item of items) {
      const value = item === null ? entry.value : (entry.value?.replaceAll('%(_)', () => item) ?? null);
      this.add({ ...entry, value });
    }
    this.isRepeating = false;
  }

  private isForbidden(entry: Entry): boolean {
    const name = entry.key.toLowerCase();
    const byBlacklist = this.blacklist?.has(name) ?? false;
    const byWhitelist = this.whitelist !== null && !this.whitelist.has(name);
    if (byBlacklist) this.refuseEntry(entry, problems.forbiddenOption(entry.key, 'blacklist'));
    else if (byWhitelist) this.refuseEntry(entry, problems.forbiddenOption(entry.key, 'whitelist'));
    return byBlacklist || byWhitelist;
  }

  valueOf(name?: string): string | null {
    return this.entries.find(({ key }) => key === name)?.value ?? null;
  }

  hasPlugin(name: string): boolean {
    return this.plugins.has(name);
  }

  refuseEntry(entry: Entry, problem: ProblemText): void {
    // Of a bare word there is no line to show: the words name it.
    const isWord = entry.source === 'bare file' && entry.origin === fromArguments;
    this.refuse(entry.origin, isWord ? '' : textOf(entry), problem);
  }

  refuse(origin: Origin, text: string, problem: ProblemText): void {
    this.problems.push({ ...problem, where: whereIs(origin), text });
  }

  warn(origin: Origin, text: string, problem: ProblemText): void {
    this.warnings.push({ ...problem, where: whereIs(origin), text });
  }

  /** Gives up at once: to read on would never end. */
  abort(entry: Entry, problem: ProblemText): never {
    this.refuseEntry(entry, problem);
    throw new ConfigurationError(this.problems, this.warnings);
  }
}

export function makeEntry(key: string, value: string | null, origin: Origin, source: Source): Entry {
  return { key, value, origin, source, isDefined: false, isSettled: false };
}

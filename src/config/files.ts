/**
 * Reads configuration files: their section, their magic variables, and what was injected around them.
 */
import { isUtf8 } from 'node:buffer';
import { resolve } from 'node:path';
import { type ProblemText, problems } from '../errors/configuration.js';
import type { Entry } from './entry.js';
import { type FormatName, formats } from './formats.js';
import { MagicTable, type Swallowed } from './magic.js';
import { FormatError, type ParsedSection } from './parsed-section.js';
import type { Reading } from './reading.js';
import { hasScheme, readSource, reasonOf, Unreadable } from './sources.js';

/** More files, deeper nesting or more text than this is a circle. */
const MOST_FILES = 1000;
const MOST_TEXT = 128 * 1024 * 1024;
const MOST_OF_ONE = 8;

/** A file's name as it was given, taken apart. */
interface FileName {
  readonly file: string;
  /** What stands behind the colon; null without one. */
  readonly section: string | null;
}

export class ConfigurationFiles {
  /** Texts put before and after every file. */
  readonly before: string[] = [];
  readonly after: string[] = [];
  private readonly magic: MagicTable;
  /** What `:section` refers to. Only ini files are remembered. */
  private lastIni = '';
  /** Files that are being read, the outermost first. */
  private readonly open: string[] = [];
  private filesRead = 0;
  private textRead = 0;

  constructor(private readonly reading: Reading) {
    this.magic = new MagicTable(reading.cwd);
  }

  /**
   * @param name    `file`, `file:section`, `:section` of the last ini file, `-`, or a `scheme://`.
   * @param entry   what asks for it; a mistake is reported there.
   * @param isFirst whether it may set the upper-case magic variables.
   */
  load(format: FormatName, name: string, entry: Entry, isFirst: boolean): void {
    const asked = split(name);
    const isAgain = format === 'ini' && asked.file === '' && asked.section !== null;
    const file = isAgain ? this.lastIni : asked.file;
    if (isAgain && file === '') {
      this.reading.refuseEntry(entry, problems.unreadableFile(name, 'no ini file has been read before it'));
      return;
    }
    this.guardAgainstCircles(name, file, entry);
    if (!isAgain) this.reading.announcements.push(formats[format].announce(file));
    if (format === 'ini') this.lastIni = file;
    const leave = this.enter(name, asked, isFirst, entry);
    if (leave === null) return;
    const parsed = this.parse(format, file, asked.section || null, entry);
    if (parsed !== null) this.addLines(parsed, name, file, entry);
    leave();
  }

  /** Whether a bare `x.js` is a configuration. An application is no JSON text. */
  isJson(name: string): boolean {
    try {
      JSON.parse(readSource(name, this.reading.cwd).toString('utf8'));
      return true;
    } catch {
      return false;
    }
  }

  /** Takes on the file's magic variables. @returns what to call when it has been read; null when there is no file. */
  private enter(
    name: string,
    { file, section }: FileName,
    isFirst: boolean,
    entry: Entry,
  ): (() => void) | null {
    try {
      return this.magic.enter(name, file, section, isFirst);
    } catch (error) {
      const path = resolve(this.reading.cwd, file);
      this.reading.refuseEntry(entry, problems.unreadableFile(file, reasonOf(error), path));
      return null;
    }
  }

  private parse(
    format: FormatName,
    file: string,
    section: string | null,
    entry: Entry,
  ): ParsedSection | null {
    try {
      return formats[format].parse(this.read(file), section);
    } catch (error) {
      if (error instanceof Unreadable) this.reading.refuseEntry(entry, error.problem);
      else if (error instanceof FormatError)
        this.reading.refuse({ file, line: error.line }, '', error.problem);
      else throw error;
      return null;
    }
  }

  private addLines(parsed: ParsedSection, name: string, file: string, entry: Entry): void {
    const { lines, found, valueless = [] } = parsed;
    const { section } = split(name);
    for (const { key, line } of valueless) this.reading.warn({ file, line }, '', problems.valuelessKey(key));
    if (!found)
      this.reading.warn({ file, line: null }, '', problems.missingSection(section || 'uwsgi', file));
    const source = entry.source === 'bare file' ? 'bare file' : 'file';
    this.open.push(`${file}:${section}`);
    for (const { key, value, line, isMarker = false } of lines) {
      this.reading.add({ key, value, origin: { file, line }, source, isDefined: isMarker, isSettled: false });
    }
    this.open.pop();
  }

  private read(file: string): string {
    const { cwd } = this.reading;
    const parts = [...this.before, file, ...this.after].map((each) => readSource(each, cwd));
    const bytes = Buffer.concat(parts);
    this.textRead += bytes.length;
    const text = bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
    if (!isUtf8(bytes)) this.reading.warn({ file, line: null }, '', problems.notUtf8());
    const swallowed: Swallowed[] = [];
    const substituted = this.magic.substitute(text, swallowed);
    for (const { line, problem } of swallowed.map(toProblem)) this.reading.warn({ file, line }, '', problem);
    return substituted;
  }

  private guardAgainstCircles(name: string, file: string, entry: Entry): void {
    const times = this.open.filter((each) => each === `${file}:${split(name).section}`).length;
    const isEndless = times >= MOST_OF_ONE || this.filesRead >= MOST_FILES || this.textRead >= MOST_TEXT;
    if (isEndless) this.reading.abort(entry, problems.circle(file));
    this.filesRead++;
  }
}

/** The last colon parts the section off; in a URL, only one behind the last slash. */
function split(name: string): FileName {
  const colon = name.lastIndexOf(':');
  if (colon < 0 || (hasScheme(name) && colon < name.lastIndexOf('/'))) return { file: name, section: null };
  return { file: name.slice(0, colon), section: name.slice(colon + 1) };
}

function toProblem({ character, line }: Swallowed): { line: number; problem: ProblemText } {
  return {
    line,
    problem: character === '\n' ? problems.swallowedNewline() : problems.swallowedMagic(character),
  };
}

/**
 * Magic variables (uwsgi-map 3.3): `%d`, `%n` and their kin, replaced in the raw text of a file before it is read as
 * anything else. Every `%` and the character behind it are replaced, and what means nothing is replaced by nothing.
 */
import { lstatSync, realpathSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { groupName } from './accounts.js';
import { usableProcessors } from './processors.js';
import { packageVersion } from './version.js';

/** The variables a file brings along, under uWSGI's letters. */
type FileVariables = Map<string, string>;

/** A `%` that swallowed something. */
export interface Swallowed {
  /** The character behind the `%`: a letter without a meaning, or the newline. */
  readonly character: string;
  /** 1-based. */
  readonly line: number;
}

/** Enough to understand what is wrong with a file. */
const MOST_SWALLOWED = 20;

export class MagicTable {
  /** Of the file that was loaded last. They stay when a file has none of its own (standard input). */
  private current: FileVariables = new Map();
  /** Of the first file that was named with an option of its own, under upper-case letters. */
  private first: FileVariables | null = null;
  private firstName = '';
  private firstIsOpen = false;
  private readonly startedAt = Date.now();

  constructor(private readonly cwd: string) {}

  /**
   * Takes on the variables of a file that is about to be read.
   *
   * @param name    as given, with its section, if any.
   * @param section what was asked for behind a colon, or null.
   * @param isFirst whether the upper-case letters may be set by it: not by `include` or a bare word.
   * @returns a function to call when the file and all that it includes have been read.
   * @throws what `realpath` throws, when there is no such file.
   */
  enter(name: string, file: string, section: string | null, isFirst: boolean): () => void {
    if (file === '-' || /^\w+:\/\//.test(file)) {
      this.current = new Map(this.current).set('o', file);
      return () => {};
    }
    const next: FileVariables = file === '' ? new Map(this.current) : this.describe(file);
    next.set('o', file).set('x', section ?? '');
    this.current = next;
    if (this.first !== null || !isFirst) return () => {};
    this.first = next;
    this.firstName = name;
    this.firstIsOpen = true;
    return () => {
      this.firstIsOpen = false;
    };
  }

  /** Replaces all magic variables but `%(`; `swallowed` gathers what vanished without a meaning. */
  substitute(text: string, swallowed: Swallowed[]): string {
    const pieces: string[] = [];
    let copied = 0;
    for (let at = text.indexOf('%'); at >= 0 && at + 1 < text.length; at = text.indexOf('%', at + 2)) {
      const character = text[at + 1]!;
      if (character === '(') continue;
      if (character === '%') {
        const run = /%+/y;
        run.lastIndex = at;
        const pairs = Math.floor(run.exec(text)![0].length / 2);
        pieces.push(text.slice(copied, at), '%'.repeat(pairs));
        at += 2 * pairs - 2;
        copied = at + 2;
        continue;
      }
      const value = this.lookUp(character);
      if (value === null && swallowed.length < MOST_SWALLOWED)
        swallowed.push({ character, line: lineAt(text, at) });
      pieces.push(text.slice(copied, at), value ?? '');
      copied = at + 2;
    }
    return copied === 0 ? text : pieces.join('') + text.slice(copied);
  }

  private lookUp(character: string): string | null {
    const general = this.general(character);
    if (general !== null) return general;
    if (!/^[odspcenxij0-9b]$/i.test(character)) return null;
    if (character >= '0' && character <= '9') return this.current.get(character) ?? '';
    const lower = character.toLowerCase();
    if (character === lower) return this.current.get(lower) ?? '';
    if (character === 'B' || this.first === null) return null;
    // Once the first file is done, its name has its section back.
    if (character === 'O' && !this.firstIsOpen) return this.firstName;
    return this.first.get(lower) ?? '';
  }

  /** Variables that do not depend on a file. */
  private general(character: string): string | null {
    switch (character) {
      case 'v':
        return this.cwd;
      case 'V':
        return packageVersion();
      case 'h':
        return hostname();
      case 'k':
        return String(usableProcessors());
      case 't':
        return String(Math.floor(this.startedAt / 1000));
      case 'T':
        return String(this.startedAt * 1000);
      case 'u':
        return String(process.getuid?.() ?? 0);
      case 'U':
        return userInfo().username;
      case 'g':
        return String(process.getgid?.() ?? 0);
      case 'G':
        return groupName(process.getgid?.() ?? 0);
      case '[':
        return '\u001b';
      default:
        return null;
    }
  }

  private describe(file: string): FileVariables {
    const absolute = resolve(this.cwd, file);
    const stats = lstatSync(absolute);
    // A link is named by where it stands, not by where it leads.
    const path = stats.isSymbolicLink()
      ? file.startsWith('/')
        ? file
        : `${this.cwd}/${file}`
      : realpathSync(absolute);
    const base = path.slice(path.lastIndexOf('/') + 1);
    const folder = path.slice(0, path.length - base.length);
    const parts = folder.split('/').filter(Boolean);
    const dot = base.lastIndexOf('.');
    const variables: FileVariables = new Map([
      ['p', path],
      ['s', base],
      ['d', folder],
      ['c', parts.at(-1) ?? ''],
      ['e', dot < 0 ? '' : base.slice(dot + 1)],
      ['n', dot < 0 ? base : base.slice(0, dot)],
      ['i', String(stats.ino)],
      ['j', hashOf(path)],
      ['b', process.argv[1] ?? process.execPath],
    ]);
    for (const [index, part] of parts.slice(0, 10).entries()) variables.set(String(index), part);
    return variables;
  }
}

/** The path's djb33x hash as uWSGI prints it: four bytes, lowest first, in upper-case hex. */
function hashOf(path: string): string {
  let hash = 5381;
  // Bytes are signed chars there.
  for (const byte of Buffer.from(path)) hash = (((hash << 5) + hash) | 0) ^ ((byte << 24) >> 24);
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(hash | 0);
  return bytes.toString('hex').toUpperCase();
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/**
 * The command line as getopt_long reads it for uWSGI: `--name value`, `--name=value`, any unambiguous prefix of a name,
 * short flags alone, bundled or with their value attached, and bare words anywhere between them.
 */
import { type ProblemText, problems } from '../errors.js';
import type { Option } from './option.js';
import { findOption, findShortOption, nearestOption, optionNames } from './options.js';

/** One option of the command line. */
export interface Argument {
  /** The full name, of which the user may have typed a prefix or a short flag. */
  readonly key: string;
  /** Null where an option takes no value and got none. */
  readonly value: string | null;
}

export interface ArgumentProblem {
  /** What was typed. */
  readonly text: string;
  readonly problem: ProblemText;
}

export interface CommandLine {
  readonly options: Argument[];
  /** Words that belong to no option: configuration files and applications. */
  readonly bare: string[];
  readonly problems: ArgumentProblem[];
}

export function parseArguments(argv: readonly string[]): CommandLine {
  const line: CommandLine = { options: [], bare: [], problems: [] };
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') line.bare.push(...words.splice(0));
    else if (word.startsWith('--')) readLong(line, word, words);
    else if (word.startsWith('-') && word !== '-') readShort(line, word, words);
    // uWSGI leaves room for the process title in an argument that looks like this.
    else if (!/^\[.*\]$/.test(word)) line.bare.push(word);
  }
  return line;
}

/** `--name`, `--name=value`; the value of `--name value` is taken from `rest`. */
function readLong(line: CommandLine, word: string, rest: string[]): void {
  const equals = word.indexOf('=');
  const typed = word.slice(2, equals < 0 ? undefined : equals);
  const found = resolveName(typed);
  if (typeof found !== 'string') {
    line.problems.push({ text: word, problem: found });
    return;
  }
  const inline = equals < 0 ? null : word.slice(equals + 1);
  takeValue(line, word, findOption(found)!, found, inline, rest);
}

/** `-M`, `-p4`, `-p 4`, `-MTp4`. */
function readShort(line: CommandLine, word: string, rest: string[]): void {
  for (let at = 1; at < word.length; at++) {
    const option = findShortOption(word[at]!);
    if (!option) {
      line.problems.push({ text: word, problem: problems.unknownOption(`-${word[at]}`, null) });
      return;
    }
    const attached = word.slice(at + 1);
    const takesRest = option.argument !== 'none' && attached !== '' && option.name !== 'help';
    if (option.argument === 'none' && attached !== '') {
      line.options.push({ key: option.name, value: null });
      continue;
    }
    takeValue(line, word, option, option.name, takesRest ? attached : null, rest);
    if (takesRest) return;
  }
}

function takeValue(
  line: CommandLine,
  word: string,
  option: Option,
  key: string,
  inline: string | null,
  rest: string[],
): void {
  if (inline !== null || option.argument === 'none') {
    line.options.push({ key, value: inline });
  } else if (option.argument === 'required') {
    const value = rest.shift();
    if (value === undefined)
      line.problems.push({ text: word, problem: problems.missingArgument(key, option.metavar) });
    else line.options.push({ key, value });
  } else {
    // Only `--help TOPIC` reads on; for the others getopt wants `--name=value`.
    const topic = option.name === 'help' && rest[0] !== undefined && !rest[0].startsWith('-');
    line.options.push({ key, value: topic ? rest.shift()! : null });
  }
}

/** The full name that `typed` is, or is the start of. */
function resolveName(typed: string): string | ProblemText {
  if (findOption(typed)) return typed;
  const candidates = typed === '' ? [] : [...optionNames()].filter((name) => name.startsWith(typed));
  const first = candidates[0];
  if (first === undefined) return problems.unknownOption(`--${typed}`, withDashes(nearestOption(typed)));
  if (new Set(candidates.map(findOption)).size === 1) return first;
  return problems.ambiguousOption(`--${typed}`, candidates.slice(0, 6).map(withDashes) as string[]);
}

const withDashes = (name: string | null): string | null => name && `--${name}`;

/**
 * The command line as getopt_long reads it for uWSGI: `--name value`, `--name=value`, any unambiguous prefix of a name,
 * short flags alone, bundled or with their value attached, and bare words anywhere between them.
 */
import { type ProblemText, problems } from '../errors/configuration.js';
import type { Argument } from './option.js';
import { findOption, findShortOption, nearestOption, optionNames } from './options.js';
import type { Template } from './templates.js';

/** What the command line holds, piece by piece. */
export type ArgumentItem =
  /** The key is the full name, of which the user may have typed a prefix or a short flag. */
  | { readonly kind: 'option'; readonly key: string; readonly value: string | null }
  /** A word that belongs to no option: a configuration file or an application. */
  | { readonly kind: 'bare'; readonly word: string }
  /** `text` is what was typed. */
  | { readonly kind: 'problem'; readonly text: string; readonly problem: ProblemText };

/** What has to be known of an option to read it. */
interface Shape {
  readonly name: string;
  readonly argument: Argument;
  readonly metavar: string;
}

/**
 * @param templates options that `declare-option` has made; it may make more between one item and the next.
 */
export function* readArguments(
  argv: readonly string[],
  templates: readonly Template[] = [],
): Generator<ArgumentItem, void, void> {
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') yield* words.splice(0).map(bareWord);
    else if (word.startsWith('--')) yield readLong(word, words, templates);
    else if (word.startsWith('-') && word !== '-') yield* readShort(word, words);
    // uWSGI leaves room for the process title in an argument that begins like this.
    else if (!word.startsWith('[')) yield bareWord(word);
  }
}

const bareWord = (word: string): ArgumentItem => ({ kind: 'bare', word });

/** `--name`, `--name=value`; the value of `--name value` is taken from `rest`. */
function readLong(word: string, rest: string[], templates: readonly Template[]): ArgumentItem {
  const equals = word.indexOf('=');
  const name = resolveName(word.slice(2, equals < 0 ? undefined : equals), templates);
  if (typeof name !== 'string') return { kind: 'problem', text: word, problem: name };
  return takeValue(word, shapeOf(name, templates), equals < 0 ? null : word.slice(equals + 1), rest);
}

/** `-M`, `-p4`, `-p 4`, `-MTp4`. */
function* readShort(word: string, rest: string[]): Generator<ArgumentItem, void, void> {
  for (let at = 1; at < word.length; at++) {
    const option = findShortOption(word[at]!);
    if (!option) {
      yield { kind: 'problem', text: word, problem: problems.unknownOption(`-${word[at]}`, null) };
      return;
    }
    const attached = word.slice(at + 1);
    if (attached === '') {
      yield takeValue(word, option, null, rest);
    } else if (option.argument === 'none' || option.name === 'help') {
      yield { kind: 'option', key: option.name, value: null };
    } else {
      yield takeValue(word, option, attached, rest);
      return;
    }
  }
}

function takeValue(
  text: string,
  { name, argument, metavar }: Shape,
  inline: string | null,
  rest: string[],
): ArgumentItem {
  if (inline !== null || argument === 'none') return { kind: 'option', key: name, value: inline };
  if (argument === 'required') {
    const value = rest.shift();
    if (value === undefined)
      return { kind: 'problem', text, problem: problems.missingArgument(name, metavar) };
    return { kind: 'option', key: name, value };
  }
  // Only `--help TOPIC` reads on; for the others getopt wants `--name=value`.
  const readsOn = name === 'help' && rest[0] !== undefined && !rest[0].startsWith('-');
  return { kind: 'option', key: name, value: readsOn ? rest.shift()! : null };
}

/** The shape of a name that `resolveName` has found. */
function shapeOf(name: string, templates: readonly Template[]): Shape {
  const { argument, metavar = 'VALUE' } = (findOption(name) ??
    templates.find((each) => each.name === name)) as {
    argument: Argument;
    metavar?: string;
  };
  return { name, argument, metavar };
}

/** The full name that `typed` is, or is the start of. */
function resolveName(typed: string, templates: readonly Template[]): string | ProblemText {
  if (findOption(typed) !== undefined || templates.some(({ name }) => name === typed)) return typed;
  const names = [...optionNames(), ...templates.map(({ name }) => name)];
  const candidates = typed === '' ? [] : names.filter((name) => name.startsWith(typed));
  const [first] = candidates;
  if (first === undefined) return unknown(typed);
  // Several names of one option are no choice.
  const meanings = new Set(candidates.map((name) => findOption(name) ?? name));
  if (meanings.size === 1) return first;
  return problems.ambiguousOption(`--${typed}`, candidates.slice(0, 6).map(withDashes));
}

const withDashes = (name: string): string => `--${name}`;

function unknown(typed: string): ProblemText {
  const nearest = nearestOption(typed);
  return problems.unknownOption(withDashes(typed), nearest === null ? null : withDashes(nearest));
}

/**
 * JSON configurations: `{"uwsgi": {"socket": [":8080", "a.sock"], "master": true}}`. Read token by token, because
 * JSON.parse knows no lines, drops repeated keys and rewrites numbers.
 */
import { problems } from '../errors.js';
import { type ConfigLine, FormatError, type ParsedSection } from './formats.js';

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+|\n/gs;

/**
 * Strings and numbers are taken as they are, `true` as 1, `false` and `null` as 0; an array repeats its key. Deeper
 * values are left out. C and C++ comments are allowed.
 *
 * @throws {FormatError}
 */
export function parseJson(source: string, section: string): ParsedSection {
  const text = blankComments(source);
  const root = validate(text);
  const asked = Object.hasOwn(root, section) ? root[section] : null;
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) {
    throw new FormatError(problems.missingObject(section), null);
  }
  return { lines: readSection(text, section), found: true };
}

function validate(text: string): Record<string, unknown> {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const position = /position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? null : text.slice(0, Number(position)).split('\n').length;
    throw new FormatError(problems.invalidSyntax('JSON', message), line);
  }
  return typeof root === 'object' && root !== null ? (root as Record<string, unknown>) : {};
}

/** Walks the tokens of a valid text; of several objects of the asked name the first counts. */
function readSection(text: string, section: string): ConfigLine[] {
  const lines: ConfigLine[] = [];
  let line = 1;
  let depth = 0;
  /** Set between the braces of the section. */
  let inside = false;
  /** The last string, which a colon makes a key. */
  let last = '';
  let key: string | null = null;
  let rootKey: string | null = null;
  for (const [part] of text.matchAll(token)) {
    if (part === '\n') line++;
    else if (part === '{' || part === '[') {
      depth++;
      if (depth === 2 && part === '{' && rootKey === section) inside = true;
    } else if (part === '}' || part === ']') {
      depth--;
      if (depth === 1 && inside) return lines;
    } else if (part === ':') {
      if (depth === 1) rootKey = last;
      if (depth === 2) key = last;
    } else if (part === ',') {
      if (depth === 2) key = null;
    } else {
      last = textOf(part);
      if (inside && key !== null && depth <= 3) lines.push({ key, value: last, line });
    }
  }
  return lines;
}

function textOf(scalar: string): string {
  if (scalar[0] === '"') return JSON.parse(scalar) as string;
  if (scalar === 'true') return '1';
  return scalar === 'false' || scalar === 'null' ? '0' : scalar;
}

/** Comments become blanks, so that lines and positions stay. */
function blankComments(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|\/\*.*?\*\/|\/\/[^\n]*/gs, (comment, string) =>
    string === undefined ? comment.replace(/[^\n]/g, ' ') : string,
  );
}

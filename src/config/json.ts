/**
 * JSON configurations: `{"uwsgi": {"socket": [":8080", "a.sock"], "master": true}}`. Read token by token, because
 * JSON.parse knows no lines, drops repeated keys and rewrites numbers.
 */
import { problems } from '../errors/configuration.js';
import { type ConfigLine, FormatError, type ParsedSection } from './parsed-section.js';

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
  /** The brackets that are open. */
  const open: string[] = [];
  /** The key at the root and the key in the section whose value comes; null before a key. */
  const keys: (string | null)[] = [null, null];
  for (const [part] of text.matchAll(token)) {
    const depth = open.length;
    if (part === '\n') line++;
    else if (part === '{' || part === '[') {
      open.push(part);
      keys[depth] = null;
    } else if (part === '}' || part === ']') {
      open.pop();
      if (depth === 2 && keys[0] === section) return lines;
    } else if (part === ',') {
      if (depth <= 2) keys[depth - 1] = null;
    } else if (part !== ':') {
      const isKey = depth <= 2 && open.at(-1) === '{' && keys[depth - 1] === null;
      const isItem = depth === 2 || (depth === 3 && open[2] === '[');
      if (isKey) keys[depth - 1] = textOf(part);
      else if (isItem && keys[0] === section && keys[1] != null)
        lines.push({ key: keys[1], value: textOf(part), line });
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

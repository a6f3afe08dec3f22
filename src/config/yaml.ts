/**
 * YAML configurations: a mapping under `uwsgi:`, with scalars, sequences that repeat their key, and nested mappings whose
 * pairs count as if they stood outside.
 */
import { createRequire } from 'node:module';
import type { Document, LineCounter, Node } from 'yaml';
import { problems } from '../errors/configuration.js';
import { type ConfigLine, FormatError, type ParsedSection } from './parsed-section.js';

/** Aliases can multiply a small file beyond any bound. */
const MOST_LINES = 100_000;
const DEEPEST = 64;

/** Loaded when the first such file is met: the start of a server with an ini file does not wait for it. */
const loadParser = () => createRequire(import.meta.url)('yaml') as typeof import('yaml');

/**
 * Scalars are taken as they are written: `true`, `010` and `~` are text. A key without a value is left out.
 *
 * @throws {FormatError}
 */
export function parseYaml(text: string, section: string): ParsedSection {
  const yaml = loadParser();
  const lineCounter = new yaml.LineCounter();
  const document = yaml.parseDocument(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    lineCounter,
    logLevel: 'error',
    // It would draw the place of each error, of which a line of brackets has as many as brackets.
    prettyErrors: false,
  });
  const [error] = document.errors;
  if (error) {
    const [offset] = error.pos;
    const place = offset < 0 ? null : lineCounter.linePos(offset);
    const where = place === null ? '' : ` at line ${place.line}, column ${place.col}`;
    throw new FormatError(problems.invalidSyntax('YAML', error.message + where), place?.line ?? null);
  }
  const { contents } = document;
  const pairs = yaml.isMap(contents) ? contents.items : [];
  const asked = pairs.find(({ key }) => yaml.isScalar(key) && key.value === section);
  if (!asked) return { lines: [], found: false };
  const { lines, valueless } = new Flattening(yaml, document, lineCounter).run(asked.value as Node | null);
  return { lines, valueless, found: true };
}

class Flattening {
  readonly lines: ConfigLine[] = [];
  readonly valueless: { key: string; line: number }[] = [];

  constructor(
    private readonly yaml: typeof import('yaml'),
    private readonly document: Document,
    private readonly lineCounter: LineCounter,
  ) {}

  run(node: Node | null): this {
    this.flatten(node, null, 0);
    return this;
  }

  private flatten(node: Node | null, key: string | null, depth: number): void {
    const { yaml } = this;
    if (depth > DEEPEST || this.lines.length > MOST_LINES) {
      throw new FormatError(problems.tooManyLines(MOST_LINES), this.lineOf(node));
    }
    if (yaml.isAlias(node)) {
      this.flatten(node.resolve(this.document) ?? null, key, depth + 1);
    } else if (yaml.isMap(node)) {
      for (const { key: inner, value } of node.items) {
        this.flatten(value as Node | null, yaml.isScalar(inner) ? String(inner.value) : key, depth + 1);
      }
    } else if (yaml.isSeq(node)) {
      for (const item of node.items) this.flatten(item as Node, key, depth + 1);
    } else if (yaml.isScalar(node) && key !== null) {
      const line = this.lineOf(node) ?? 1;
      const isWritten = node.range?.[0] !== node.range?.[1];
      if (isWritten) this.lines.push({ key, value: String(node.value ?? ''), line });
      else this.valueless.push({ key, line });
    }
  }

  private lineOf(node: Node | null): number | null {
    const offset = node?.range?.[0];
    return offset === undefined ? null : this.lineCounter.linePos(offset).line;
  }
}

/**
 * XML configurations: `<uwsgi><socket>a.sock</socket><master/></uwsgi>`, where `<uwsgi>` is the root or a child of it.
 */
import { createRequire } from 'node:module';
import type { SaxesTagPlain } from 'saxes';
import { problems } from '../errors/configuration.js';
import { type ConfigLine, FormatError, type ParsedSection } from './parsed-section.js';

/** Loaded when the first such file is met: the start of a server with an ini file does not wait for it. */
const loadParser = () => createRequire(import.meta.url)('saxes') as typeof import('saxes');

/**
 * The text of an element up to its first child is its value, blanks included; an empty element is 1.
 *
 * @param id the `<uwsgi id="…">` to read, and the only `id` its options may have; null for the first and for all.
 * @throws {FormatError}
 */
export function parseXml(text: string, id: string | null): ParsedSection {
  const parser = new (loadParser().SaxesParser)();
  const reader = new Reader(id, () => parser.line);
  parser.on('opentag', (tag) => reader.open(tag));
  parser.on('text', (content) => reader.text(content));
  parser.on('cdata', (content) => reader.cdata(content));
  parser.on('comment', () => reader.comment());
  parser.on('closetag', () => reader.close());
  parser.on('error', (error) => {
    const message = error.message.replace(/^\d+:\d+: /, '');
    throw new FormatError(problems.invalidSyntax('XML', message), parser.line);
  });
  parser.write(text).close();
  if (!reader.found) throw new FormatError(problems.missingElement(id), null);
  return { lines: reader.lines, found: true };
}

/** An element inside `<uwsgi>`. */
interface OpenOption {
  readonly tag: SaxesTagPlain;
  readonly line: number;
  value: string | null;
  /** A child has begun: what follows is not the value. */
  isComplete: boolean;
  /** For `<app><script>…`: the text of the first child. */
  childText: string | null;
}

class Reader {
  readonly lines: ConfigLine[] = [];
  found = false;
  private depth = 0;
  /** The depth of `<uwsgi>` while it is open. */
  private section = 0;
  private option: OpenOption | null = null;

  constructor(
    private readonly id: string | null,
    private readonly line: () => number,
  ) {}

  open(tag: SaxesTagPlain): void {
    this.depth++;
    if (this.section === 0) {
      // Only the root, or a child of a root of another name, can be the section.
      const isSection = tag.name === 'uwsgi' && (this.depth === 1 || (this.depth === 2 && this.idFits(tag)));
      if (isSection && !this.found) {
        this.section = this.depth;
        this.found = true;
      }
    } else if (this.option === null) {
      this.option = { tag, line: this.line(), value: null, isComplete: false, childText: null };
    } else {
      this.option.isComplete = true;
    }
  }

  text(content: string): void {
    const { option } = this;
    if (option === null) return;
    if (!option.isComplete) option.value = (option.value ?? '') + content;
    else if (this.depth === this.section + 2) option.childText ??= content;
  }

  /** Between options, uWSGI takes it for code to evaluate. */
  cdata(content: string): void {
    if (this.option !== null) this.text(content);
    else if (this.section > 0) this.lines.push({ key: 'eval', value: content, line: this.line() });
  }

  comment(): void {
    if (this.option?.value != null) this.option.isComplete = true;
  }

  close(): void {
    if (this.depth === this.section) this.section = 0;
    if (this.option !== null && this.depth === this.section + 1) {
      if (this.idFits(this.option.tag)) this.add(this.option);
      this.option = null;
    }
    this.depth--;
  }

  private idFits({ attributes }: SaxesTagPlain): boolean {
    return this.id === null || attributes.id === undefined || attributes.id === this.id;
  }

  private add({ tag, line, value, childText }: OpenOption): void {
    if (tag.name !== 'app') {
      this.lines.push({ key: tag.name, value: value ?? '1', line });
      return;
    }
    // `<app mountpoint="/x">module</app>` is uWSGI's old way to write mount = /x=module.
    const { mountpoint, domain } = tag.attributes;
    const target = childText ?? value;
    const prefix = mountpoint !== undefined ? `${mountpoint}=` : domain !== undefined ? `${domain}|=` : '';
    if (target !== null) this.lines.push({ key: 'mount', value: prefix + target, line });
    this.lines.push({ key: 'app', value: '', line, isMarker: true });
  }
}

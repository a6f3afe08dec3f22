/**
 * The three passes over a complete configuration (uwsgi-map 3.2, 3.4): `$(ENVIRONMENT)`, then `@(file)`, then
 * `%(placeholder)`. Each looks at every entry in turn; what is not defined stays as it is written.
 *
 * uWSGI scans a value from its second character again after each replacement. That is why replacements may hold further
 * references, why one reference may build the name of another (`%(a%(b))`), and why a replacement at the very start of a
 * value is not looked at again. The machine below comes to the same end without scanning anything twice.
 */
import { type ProblemText, problems } from '../errors/configuration.js';
import type { Entry } from './entry.js';

/**
 * What a reference stands for, or null to leave it alone.
 *
 * @param whole the text as it is at this moment, half expanded: what a value finds that refers to itself.
 */
export type Resolve = (name: string, whole: () => string) => string | null;

/** A text on its way through a scan. */
interface Source {
  readonly text: string;
  at: number;
}

/** Bounds that no honest configuration meets; beyond them a reference leads back to itself. */
const MOST_REPLACEMENTS = 2_000;
const MOST_REFERENCES = 100_000;
const MOST_INSERTED_CHARACTERS = 16 * 1024 * 1024;

/** Thrown when a value grows without end. */
export class EndlessExpansion extends Error {
  readonly problem: ProblemText;
  constructor(reference: string) {
    super(reference);
    this.problem = problems.endlessExpansion(reference);
  }
}

/** Where a scan stands inside a reference. */
interface ScanState {
  /** Nothing begun; the symbol has been seen; its name is being read. */
  readonly step: 'text' | 'symbol' | 'name';
  /** Index in the output of the symbol that began this. */
  readonly start: number;
  /** Open parentheses inside the name. */
  readonly depth: number;
}

const inText: ScanState = { step: 'text', start: -1, depth: 0 };

/**
 * Replaces every `symbol(name)` in `text`.
 *
 * @throws {EndlessExpansion}
 */
export function expand(text: string, symbol: string, resolve: Resolve): string {
  return text.includes(`${symbol}(`) ? new Scan(symbol, resolve).run(text) : text;
}

class Scan {
  /** Finished text, to which nothing refers back. */
  private readonly done: string[] = [];
  private doneLength = 0;
  /** What may still change, from the outermost open reference on. */
  private output = '';
  private state = inText;
  /** States that a symbol interrupted; the innermost reference goes back to the last when it has been replaced. */
  private interrupted: ScanState[] = [];
  private references = 0;
  private replacements = 0;
  private inserted = 0;
  /** The text, and inside it the replacement that is being read, and inside that the next. */
  private readonly sources: Source[] = [];

  constructor(
    private readonly symbol: string,
    private readonly resolve: Resolve,
  ) {}

  /** Reads `text`, and inside it every replacement, as one stream. */
  run(text: string): string {
    const { sources } = this;
    sources.push({ text, at: 0 });
    for (let source = sources.at(-1); source; source = sources.at(-1)) {
      this.copyPlain(source);
      if (source.at === source.text.length) {
        sources.pop();
        continue;
      }
      const replacement = this.read(source.text[source.at++]!);
      if (replacement !== null) sources.push({ text: replacement, at: 0 });
    }
    return [...this.done, this.output].join('');
  }

  /** Takes everything up to the next character that could change the state. */
  private copyPlain(source: Source): void {
    const { text } = source;
    let end = source.at;
    if (this.state.step === 'text') {
      const found = text.indexOf(this.symbol, end);
      end = found < 0 ? text.length : found;
      this.done.push(this.output, text.slice(source.at, end));
      this.doneLength += this.output.length + end - source.at;
      this.output = '';
    } else if (this.state.step === 'name') {
      while (end < text.length && text[end] !== this.symbol && text[end] !== '(' && text[end] !== ')') end++;
      this.output += text.slice(source.at, end);
    }
    source.at = end;
  }

  /** Takes one character; answers the text to go on with where it completed a reference. */
  private read(character: string): string | null {
    const { step, start, depth } = this.state;
    const index = this.doneLength + this.output.length;
    this.output += character;
    if (character === this.symbol && !(index === 0 && this.replacements > 0)) {
      if (step === 'text') this.interrupted = [];
      this.interrupted.push(this.state);
      this.state = { step: 'symbol', start: index, depth: 0 };
    } else if (step === 'symbol') {
      this.state = character === '(' ? this.open(start) : inText;
    } else if (step === 'name' && character === '(') {
      this.state = { step, start, depth: depth + 1 };
    } else if (step === 'name' && character === ')') {
      if (depth === 0) return this.close(start - this.doneLength);
      this.state = { step, start, depth: depth - 1 };
    }
    return null;
  }

  private open(start: number): ScanState {
    this.references++;
    if (this.references > MOST_REFERENCES) throw new EndlessExpansion(`${this.symbol}(…)`);
    return { step: 'name', start, depth: 0 };
  }

  /**
   * What is finished and what is to come, each kept as one text from now on: a value that refers to itself asks again
   * and again, and would join ever more pieces.
   */
  private whole(): string {
    const done = this.done.join('');
    this.done.splice(0, this.done.length, done);
    const { sources } = this;
    const rest = sources.map(({ text, at }) => text.slice(at)).reverse();
    const text = rest.join('');
    sources.splice(0, sources.length, { text, at: 0 });
    return done + this.output + text;
  }

  /** @param start where the reference begins in `output`. */
  private close(start: number): string | null {
    const name = this.output.slice(start + 2, -1);
    const replacement = name === '' ? null : this.resolve(name, () => this.whole());
    this.state = inText;
    if (replacement === null) return null;
    this.replacements++;
    this.inserted += replacement.length;
    if (this.replacements > MOST_REPLACEMENTS || this.inserted > MOST_INSERTED_CHARACTERS) {
      throw new EndlessExpansion(`${this.symbol}(${name})`);
    }
    this.output = this.output.slice(0, start);
    this.state = this.interrupted.pop() ?? inText;
    // The first character is never looked at again.
    if (this.state.start === 0) this.state = inText;
    return replacement;
  }
}

/**
 * `%(name)`: the value of the first entry of that name, or, with blanks in it, a calculation (`evaluate`).
 *
 * @param onUse is told each name that was found.
 * @returns a resolver for the value of one entry.
 */
export function placeholderResolver(
  entries: readonly Entry[],
  onUse: (name: string) => void,
): (own: Entry) => Resolve {
  const first = new Map<string, Entry>();
  for (const entry of entries) if (!first.has(entry.key)) first.set(entry.key, entry);
  return (own) => (name, whole) => {
    const lookUp = (wanted: string) => {
      const entry = first.get(wanted);
      if (entry) onUse(wanted);
      return entry === own ? whole() : (entry?.value ?? null);
    };
    return name.includes(' ') ? evaluate(name, lookUp) : lookUp(name);
  };
}

const operators: Record<string, (left: bigint, right: bigint) => bigint> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => (right === 0n ? 0n : left / right),
};

/**
 * A calculation from left to right: names and numbers side by side are joined as text, `+ - * /` between them calculate
 * with 64-bit integers, `++` and `--` behind them add or take one. An undefined name is empty text.
 */
function evaluate(expression: string, lookUp: (name: string) => string | null): string | null {
  let result: string | null = null;
  let operator: string | null = null;
  for (const word of expression.split(' ').filter(Boolean)) {
    if (Object.hasOwn(operators, word)) {
      operator = word;
    } else if (word === '++' || word === '--') {
      if (result !== null) result = calculate(result, word[0]!, '1');
      operator = null;
    } else {
      const value: string = /^\d+$/.test(word) ? word : (lookUp(word) ?? '');
      result = operator === null ? (result ?? '') + value : calculate(result ?? '', operator, value);
      operator = null;
    }
  }
  return result;
}

function calculate(left: string, operator: string, right: string): string {
  return String(BigInt.asIntN(64, operators[operator]!(leadingInteger(left), leadingInteger(right))));
}

const LARGEST = 2n ** 63n - 1n;

/** What strtoll finds at the start of the text; 0 where there is no number. */
function leadingInteger(text: string): bigint {
  const found = /^[ \t\n\v\f\r]*([+-]?)0*(\d{1,20})?/.exec(text);
  const size = BigInt(found?.[2] ?? 0);
  const bounded = size > LARGEST ? LARGEST : size;
  return found?.[1] === '-' ? -bounded : bounded;
}

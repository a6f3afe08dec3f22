import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../src/config/entry.js';
import { EndlessExpansion, expand, placeholderResolver } from '../../../src/config/placeholders.js';

const from = (values: Record<string, string>) => (name: string) => values[name] ?? null;

/** The value of `shown`, with the other entries around it. */
function shown(text: string, others: Record<string, string> = {}): string {
  const entry = (key: string, value: string | null): Entry => ({
    key,
    value,
    origin: { file: null, line: null },
    source: 'file',
    isDefined: false,
    isSettled: false,
  });
  const own = entry('shown', text);
  const entries = [
    ...Object.entries(others).map(([key, value]) => entry(key, value)),
    own,
    entry('flag', null),
  ];
  return expand(text, '%', placeholderResolver(entries, () => {})(own));
}

describe('a scan', () => {
  it.each([
    ['plain text', 'text', 'text'],
    ['a reference', '%(a)', '1'],
    ['references side by side', '%(a)%(b)', '12'],
    ['an undefined one', 'x%(nothing)y', 'x%(nothing)y'],
    ['an undefined one before a defined one', '%(nothing)%(a)', '%(nothing)1'],
    ['an empty name', 'x%()', 'x%()'],
    ['an unclosed one', 'x%(a', 'x%(a'],
    ['a name with parentheses', '%(f(x))', 'call'],
    ['a name that another reference builds', 'x%(%(b))', 'xtwo'],
    ['a symbol before the symbol', '%%(a)', '%1'],
    ['a replacement that refers on', 'x%(ref)', 'x1'],
    ['a replacement that refers on, at the very start', '%(ref)', '%(a)'],
    ['a replacement that ends a reference', 'x%(%(open)', 'x1'],
    ['a reference inside an unfinished one', 'x%(z%(a)', 'x%(z1'],
  ])('reads %s', (_name, text, expected) => {
    const values = { a: '1', b: '2', 2: 'two', 'f(x)': 'call', ref: '%(a)', open: 'a)' };
    expect(expand(text, '%', from(values))).toBe(expected);
  });

  it('gives up on what leads back to itself', () => {
    expect(() => expand('x%(a)', '%', from({ a: 'y%(a)' }))).toThrow(EndlessExpansion);
    expect(() => expand('x%(a)', '%', from({ a: '%(b)%(b)', b: '%(a)%(a)' }))).toThrow(EndlessExpansion);
  });

  it('ends where uWSGI ends, which scans again from the second character after every replacement', () => {
    const piece = fc.constantFrom('%', '(', ')', 'a', 'b', '%(', '%(a)', '%(b)', 'x');
    const text = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
    const values = fc.record({ a: text, b: text, ab: text, aa: text });
    fc.assert(
      fc.property(text, values, (input, found) => {
        const expected = rescan(input, from(found));
        fc.pre(expected !== null);
        expect(expand(input, '%', from(found))).toBe(expected);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

/** The same by the letter: from the start again after each replacement. Null when it does not come to an end. */
function rescan(text: string, resolve: (name: string) => string | null): string | null {
  let value = text;
  let begin = 0;
  for (let round = 0; round < 200 && value.length < 5000; round++) {
    const found = findReference(value, begin, resolve);
    if (found === null) return value;
    value = value.slice(0, found.start) + found.replacement + value.slice(found.end);
    begin = 1;
  }
  return null;
}

function findReference(value: string, begin: number, resolve: (name: string) => string | null) {
  let open = -1;
  let depth = 0;
  let sawSymbol = false;
  for (let at = begin; at < value.length; at++) {
    const character = value[at];
    if (character === '%') {
      sawSymbol = true;
      open = -1;
    } else if (sawSymbol) {
      sawSymbol = false;
      if (character === '(') [open, depth] = [at + 1, 0];
    } else if (open >= 0 && character === '(') {
      depth++;
    } else if (open >= 0 && character === ')') {
      if (depth > 0) depth--;
      else {
        const replacement = at > open ? resolve(value.slice(open, at)) : null;
        if (replacement !== null) return { start: open - 2, end: at + 1, replacement };
        open = -1;
      }
    }
  }
  return null;
}

describe('a calculation', () => {
  it.each([
    ['joins names and numbers', '%(one two 3)', '123'],
    ['takes undefined names for nothing', '%(one nothing two)', '12'],
    ['goes from left to right', '%(one + two * 10)', '30'],
    ['applies an operator to one value', '%(one + two two)', '32'],
    ['counts up and down', '%(two ++) %(two --)', '3 1'],
    ['divides by nothing to 0', '%(two / nothing)', '0'],
    ['divides towards 0', '%(minus / two)', '-3'],
    ['reads the number at the start of a value', '%(text + 1)', '13'],
    ['wraps at 64 bits', '%(9223372036854775807 + 1)', '-9223372036854775808'],
    ['stays at the largest number it can read', '%(99999999999999999999 + 0)', '9223372036854775807'],
    ['leaves nothing but blanks alone', 'x%( )', 'x%( )'],
    ['takes an option without a value for nothing', '%(one flag)', '1'],
  ])('%s', (_name, text, expected) => {
    expect(shown(text, { one: '1', two: '2', minus: '-7', text: '12abc' })).toBe(expected);
  });

  it('finds its own value as it is at that moment', () => {
    expect(shown('%(one + one)%(shown + one)', { one: '1' })).toBe('23');
    expect(shown('%(shown)')).toBe('%(shown)');
    expect(() => shown('x%(shown)')).toThrow(EndlessExpansion);
  });
});

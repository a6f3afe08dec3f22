/**
 * What the addon does before it calls JavaScript (native/core/var_layouts.h), as far as EnvironBuilder sees it: the
 * places of keys and values, and on request a layout or a prefix. The test decides what has been learned.
 */

import { Fact, UNKNOWN_LAYOUT, UNKNOWN_NAME } from '../../../src/native.js';
import type { EnvironBuilder } from '../../../src/thread/environ.js';
import { encodeVars, type Var } from '../../packets/encode.js';

/** Which part of the key sequence is known by number. */
export type Learned = 'nothing' | 'names' | 'prefix' | 'all';

const numberOf = new Map<string, number>();

/** Fills the builder's arrays for these vars; returns the text of the vars block. */
export function announce(
  builder: EnvironBuilder,
  vars: readonly Var[],
  learned: Learned,
  modifier1 = 0,
): string {
  const { facts, places, names } = builder;
  let at = 0;
  vars.forEach(([key, value], i) => {
    const begin = at + 2;
    const valueBegin = begin + key.length + 2;
    places.set([begin, begin + key.length, valueBegin, valueBegin + value.length], i * 4);
    names[i] = learned === 'nothing' ? UNKNOWN_NAME : nameNumber(key);
    at = valueBegin + value.length;
  });
  const firstHeader = vars.findIndex(([key]) => key.length > 5 && key.startsWith('HTTP_'));
  const prefix = learned === 'prefix' && firstHeader > 0;
  facts.fill(0);
  facts[Fact.count] = vars.length;
  facts[Fact.modifier1] = modifier1;
  facts[Fact.layout] = learned === 'all' ? 0 : UNKNOWN_LAYOUT;
  facts[Fact.fresh] = 1;
  facts[Fact.prefix] = prefix ? 0 : UNKNOWN_LAYOUT;
  facts[Fact.prefixFresh] = 1;
  facts[Fact.prefixCount] = prefix ? firstHeader : 0;
  const keys = vars.map(([key]) => key);
  facts[Fact.repeats] = new Set(keys).size < keys.length ? 1 : 0;
  return encodeVars(vars).toString('latin1');
}

function nameNumber(name: string): number {
  if (name.length > 64) return UNKNOWN_NAME;
  const known = numberOf.get(name);
  if (known !== undefined) return known;
  numberOf.set(name, numberOf.size);
  return numberOf.size - 1;
}

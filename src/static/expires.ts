/** The Expires header of a file: the first rule that matches, in the order in which uWSGI asks them. */
import type { ExpiresRule, ExpiresSubject } from '../config/static-settings.js';

/** What rules look at. */
export interface Subjects extends Record<ExpiresSubject, string> {
  /** Milliseconds. */
  changed: number;
}

const order: readonly ExpiresSubject[] = ['file', 'path-info', 'uri', 'type'];

/** Milliseconds since 1970, or null. uWSGI sends one header for each kind of rule that matches. */
export type Expires = (subjects: Subjects) => number | null;

export function compileExpires(rules: readonly ExpiresRule[]): Expires {
  const compiled = rules
    .map((rule) => ({ ...rule, matches: matcherOf(rule) }))
    .sort((a, b) => rank(a) - rank(b));
  return (subjects) => {
    const rule = compiled.find(({ of, matches }) => matches(subjects[of]));
    if (rule === undefined) return null;
    return (rule.fromChange ? subjects.changed : Date.now()) + rule.seconds * 1000;
  };
}

function rank({ of, fromChange }: ExpiresRule): number {
  return order.indexOf(of) * 2 + Number(fromChange);
}

function matcherOf({ of, pattern }: ExpiresRule): (text: string) => boolean {
  if (of === 'type') return (text) => text === pattern;
  const expression = new RegExp(pattern);
  return (text) => expression.test(text);
}

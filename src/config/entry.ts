/**
 * One option or placeholder as it was given, before anybody judges it.
 */
import type { Origin } from './origin.js';

/** Who said it. A bare file (`uwsgi-node x.ini --processes 2`) gives way to the command line, a named one does not. */
export type Source = 'environment' | 'argument' | 'file' | 'bare file';

export interface Entry {
  readonly key: string;
  /** Null where the command line gave none. Expansion rewrites it. */
  value: string | null;
  readonly origin: Origin;
  readonly source: Source;
  /** Made by `set`, `set-placeholder` or the like: it may have any name. */
  readonly isDefined: boolean;
  /** It has acted already, when it was read: the passes leave its value alone. */
  isSettled: boolean;
}

/** Longer lines are cut in messages. */
const LONGEST_TEXT = 200;

/** The entry as a line of an ini file, for messages. */
export function textOf({ key, value }: Pick<Entry, 'key' | 'value'>): string {
  const text = value === null ? `--${key}` : `${key} = ${value}`;
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

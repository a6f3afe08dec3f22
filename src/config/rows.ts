/**
 * How the tables under options/ are written.
 */
import type { Apply, Argument, GroupName, Option, State, ValueType } from './option.js';

/** A row as the tables under options/ write it; `defineOptions` fills in the rest. */
export interface OptionRow {
  name: string;
  aliases?: readonly string[];
  short?: string;
  argument?: Argument;
  type?: ValueType;
  metavar?: string;
  help: string;
  default?: string;
  state?: State;
  immediate?: boolean;
  impliesMaster?: boolean;
  apply?: Apply;
}

const metavars: Record<ValueType, string> = {
  bool: '',
  int: 'N',
  megabytes: 'MB',
  string: 'TEXT',
  list: 'TEXT',
};

/** Completes the rows of one group. A row without `type` is a string, without `state` it works. */
export function defineOptions(group: GroupName, rows: readonly OptionRow[]): Option[] {
  return rows.map((row) => {
    const type = row.type ?? 'string';
    const argument = row.argument ?? (type === 'bool' ? 'none' : 'required');
    return {
      name: row.name,
      aliases: row.aliases ?? [],
      short: row.short ?? null,
      argument,
      type,
      metavar: row.metavar ?? (type === 'bool' && argument === 'required' ? 'true' : metavars[type]),
      group,
      help: row.help,
      default: row.default ?? null,
      state: row.state ?? works,
      immediate: row.immediate ?? false,
      impliesMaster: row.impliesMaster ?? false,
      apply: row.apply ?? null,
    };
  });
}

const works: State = { kind: 'works' };
export const notYet: State = { kind: 'not-yet' };
export const noEffect = (because: string): State => ({ kind: 'no-effect', because });

/** Rows of one state. */
export const notYetAll = (rows: readonly OptionRow[]) => inState(notYet, rows);
export const withoutEffect = (because: string, rows: readonly OptionRow[]) =>
  inState(noEffect(because), rows);
export const harmful = (because: string, rows: readonly OptionRow[]) =>
  inState({ kind: 'dangerous', because }, rows);

function inState(state: State, rows: readonly OptionRow[]): OptionRow[] {
  return rows.map((row) => ({ ...row, state }));
}

type More = Partial<OptionRow>;

/** A row whose mere presence counts. */
export const flag = (name: string, help: string, more: More = {}): OptionRow => ({
  name,
  help,
  type: 'bool',
  ...more,
});

const valued =
  (type: ValueType) =>
  (name: string, metavar: string, help: string, more: More = {}): OptionRow => ({
    name,
    metavar,
    help,
    type,
    ...more,
  });

/** Rows with a value. */
export const int = valued('int');
export const megabytes = valued('megabytes');
export const text = valued('string');
export const list = valued('list');

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

/**
 * Rows of options that are known and not acted on: most of the table. A configuration names few of them, if any, and to make
 * them all is a twentieth of the time from start to first answer.
 */
interface InertRows {
  readonly state: State;
  readonly rows: () => readonly OptionRow[];
}

/** The options of one group. */
export interface OptionTable {
  /** Those that stand by themselves: all that this server acts on. */
  readonly acting: readonly Option[];
  /** Every one, in the order of the table. Makes the rest anew each time. */
  all(): Option[];
}

/** Completes the rows of one group. A row without `type` is a string, without `state` it works. */
export function defineOptions(group: GroupName, entries: readonly (OptionRow | InertRows)[]): OptionTable {
  const made = entries.map((entry) => ('rows' in entry ? entry : complete(group, entry)));
  return {
    acting: made.flatMap((entry) => ('rows' in entry ? [] : entry)),
    all: () =>
      made.flatMap((entry) => {
        if (!('rows' in entry)) return entry;
        return entry.rows().map((row) => complete(group, { ...row, state: entry.state }));
      }),
  };
}

function complete(group: GroupName, row: OptionRow): Option {
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
}

const works: State = { kind: 'works' };
export const notYet: State = { kind: 'not-yet' };
export const noEffect = (because: string): State => ({ kind: 'no-effect', because });

type Rows = InertRows['rows'];

/** Rows of one state, made when they are looked for. */
export const notYetAll = (rows: Rows): InertRows => ({ state: notYet, rows });
export const withoutEffect = (because: string, rows: Rows): InertRows => ({ state: noEffect(because), rows });
export const harmful = (because: string, rows: Rows): InertRows => ({
  state: { kind: 'dangerous', because },
  rows,
});

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

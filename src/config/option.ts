/**
 * What an option is: the row of the one table that parsing, `--help`, docs/options.md and the JSON schema are made from.
 */
import { type ProblemText, problems } from '../errors.js';
import type { Origin, Settings } from './settings.js';
import { parseBool, parseInteger } from './values.js';

/** How an option takes its value on the command line. In files every option may have one. */
export type Argument = 'none' | 'required' | 'optional';

/** How a value is read. `list`: every occurrence counts; of the others the last one wins. */
export type ValueType = 'bool' | 'int' | 'megabytes' | 'string' | 'list';

/** What this server does with an option that uWSGI has. */
export type State =
  | { readonly kind: 'works' }
  /** Read without a word: there is nothing here that it could change. */
  | { readonly kind: 'no-effect'; readonly because: string }
  /** Read, not done, and warned about: doing it would hurt. */
  | { readonly kind: 'dangerous'; readonly because: string }
  /** Known, not done, and warned about. */
  | { readonly kind: 'not-yet' };

export const groups = {
  application: 'What is served',
  sockets: 'Where requests come in',
  limits: 'Bounds on one request',
  http: 'HTTP without a web server in front',
  processes: 'Processes and threads',
  scaling: 'Workers that come and go with the load',
  lifecycle: 'Start, stop and recycling',
  reload: 'What triggers a reload',
  identity: 'User, names, pid files, directories',
  logging: 'Logs',
  stats: 'Statistics, metrics, alarms',
  configuration: 'Configuration files and their logic',
  headers: 'Response headers and pages',
  static: 'Files served without the application',
  hooks: 'Commands run at a phase of the start',
  daemons: 'Cron, timers, side processes, spooler, mules',
  emperor: 'Many instances under one Emperor',
  cluster: 'Routers, subscriptions, legion, zerg',
  sharing: 'Cache, queue, locks, shared memory, RPC',
  routing: 'Internal routing',
  tls: 'TLS',
  isolation: 'Jails, namespaces, capabilities, limits of the kernel',
  python: 'Options of the Python plugins',
  other: 'Everything else',
} as const;
export type GroupName = keyof typeof groups;

/** One occurrence of an option, expanded: what `apply` is given. */
export interface Occurrence {
  /** The name as written, which may be an alias. */
  readonly key: string;
  /** Null where the command line gave none. */
  readonly value: string | null;
  readonly origin: Origin;
}

/** A socket whose protocol may still depend on a `protocol` line below it. */
export interface PendingSocket {
  readonly at: Occurrence;
  readonly protocol: 'uwsgi' | 'http' | null;
}

/** Where the occurrences land while they are judged one by one. */
export interface Draft {
  readonly settings: Settings;
  readonly sockets: PendingSocket[];
  /** The last `protocol` line. */
  protocol: Occurrence | null;
  /** A mistake: the start will be refused, after all of them have been found. */
  refuse(at: Occurrence, problem: ProblemText): void;
  /** Something the operator should know; the start goes on. */
  warn(at: Occurrence, problem: ProblemText): void;
}

export type Apply = (draft: Draft, at: Occurrence) => void;

export interface Option {
  readonly name: string;
  /** The same option under other names. */
  readonly aliases: readonly string[];
  readonly short: string | null;
  readonly argument: Argument;
  readonly type: ValueType;
  /** What stands for the value in `--help`: `ADDRESS`, `SECONDS`; empty for a bool. */
  readonly metavar: string;
  readonly group: GroupName;
  /** One line, our own words. */
  readonly help: string;
  /** As a reader would write it, where it is worth knowing: `4`, `min(4096, somaxconn)`. */
  readonly default: string | null;
  readonly state: State;
  /** Null where the loader acts on the option itself (`ini`, `set`), and where nothing is done. */
  readonly apply: Apply | null;
}

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
    return {
      name: row.name,
      aliases: row.aliases ?? [],
      short: row.short ?? null,
      argument: row.argument ?? (type === 'bool' ? 'none' : 'required'),
      type,
      metavar: row.metavar ?? metavars[type],
      group,
      help: row.help,
      default: row.default ?? null,
      state: row.state ?? works,
      apply: row.apply ?? null,
    };
  });
}

export const works: State = { kind: 'works' };
export const notYet: State = { kind: 'not-yet' };
export const noEffect = (because: string): State => ({ kind: 'no-effect', because });
export const dangerous = (because: string): State => ({ kind: 'dangerous', because });

/** The fields of `Settings` that take a value of this type. */
type FieldFor<Value> = {
  [Field in keyof Settings]: Value extends Settings[Field] ? Field : never;
}[keyof Settings];

function put<Value>(draft: Draft, field: FieldFor<Value>, value: Value): void {
  Object.assign(draft.settings, { [field]: value });
}

/** A bool that lands in `field`. */
export function intoBool(field: FieldFor<boolean>): Pick<OptionRow, 'type' | 'apply'> {
  return { type: 'bool', apply: (draft, at) => put(draft, field, parseBool(at.value)) };
}

/** A whole number that lands in `field`, refused below `min` (0 by default) and above `max`. */
export function intoInteger(
  field: FieldFor<number>,
  { min = 0, max = Number.MAX_SAFE_INTEGER } = {},
): Pick<OptionRow, 'type' | 'apply'> {
  const apply: Apply = (draft, at) => {
    const value = readInteger(draft, at, min, max);
    if (value !== null) put(draft, field, value);
  };
  return { type: 'int', apply };
}

/** Text that lands in `field`, refused when empty. */
export function intoText(field: FieldFor<string>): Pick<OptionRow, 'type' | 'apply'> {
  const apply: Apply = (draft, at) => {
    const value = readText(draft, at);
    if (value !== null) put(draft, field, value);
  };
  return { type: 'string', apply };
}

/** The number an occurrence holds, or null after the draft has been told what is wrong with it. */
export function readInteger(draft: Draft, at: Occurrence, min: number, max: number): number | null {
  const parsed = parseInteger(at.value ?? '');
  if (parsed === null) {
    draft.refuse(at, problems.notANumber(at.value ?? ''));
    return null;
  }
  if (parsed < min || parsed > max) {
    draft.refuse(at, problems.outOfRange(parsed, min, max));
    return null;
  }
  return parsed;
}

/** The text an occurrence holds, or null after the draft has been told that there is none. */
export function readText(draft: Draft, at: Occurrence): string | null {
  if (at.value) return at.value;
  draft.refuse(at, problems.emptyValue());
  return null;
}

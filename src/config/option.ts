/**
 * What an option is: the row of the one table that parsing, `--help`, docs/options.md and the JSON schema are made from.
 */
import type { ProblemText } from '../errors/configuration.js';
import type { Origin } from './origin.js';
import type { Settings, SocketProtocol } from './settings.js';

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
  readonly address: string;
  readonly protocol: SocketProtocol | null;
}

/** A mounted application whose callable may still depend on a `callable` line below it. */
export interface PendingMount {
  readonly path: string;
  /** `module`, `module:callable` or a file. */
  readonly target: string;
}

/** Where the occurrences land while they are judged one by one. */
export interface Draft {
  readonly settings: Settings;
  readonly sockets: PendingSocket[];
  readonly mounts: PendingMount[];
  /** Addresses that other lines name `=0`, `=1`, …. */
  readonly sharedSockets: string[];
  /** Unix sockets without `@` get one. */
  areAbstract: boolean;
  readonly cwd: string;
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
  /** It acts while the configuration is read, so `$(…)`, `@(…)` and `%(…)` in its value are not replaced. */
  readonly immediate: boolean;
  /** It switches `master` on. */
  readonly impliesMaster: boolean;
  /** Null where the loader acts on the option itself (`ini`, `set`), and where nothing is done. */
  readonly apply: Apply | null;
}

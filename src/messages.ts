/**
 * What crosses the walls: master process ‖ worker process ‖ JS thread. Plain data only (structured clone, JSON).
 */
import type { AppInterface, Settings, SocketProtocol } from './config/settings.js';
import type { Metric } from './stats/exposition.js';

/** Raised on every incompatible change below; a master that meets another version executes that in its own place. */
export const MESSAGES_VERSION = 5;

/** Exit code of a worker, and of the server, whose application cannot be loaded (the same number as in uWSGI). */
export const EXIT_FAILED_APP = 22;

/** Descriptor of the channel to the master in a worker; see src/channel.ts. */
export const CHANNEL_FD = 3;

/** Descriptor of the first listener in a worker. */
export const FIRST_LISTENER_FD = CHANNEL_FD + 1;

/** A listening socket as a worker inherits it. */
export interface InheritedListener {
  /** The descriptor's number in the worker process. */
  fd: number;
  /** As the start-up lines print it: `/run/app.sock`, `127.0.0.1:8080`. */
  name: string;
  protocol: SocketProtocol;
  family: 'unix' | 'inet' | 'inet6';
  /** Somebody else opened it and keeps it, such as systemd: connections wait in it while no server runs. */
  passed?: boolean;
}

/** Where a worker finds the scoreboard, and its rows in it: one per thread, from `row` on. */
export interface ScoreRows {
  /** The descriptor's number in the worker process. */
  fd: number;
  /** Of the whole board. */
  size: number;
  row: number;
}

/** Descriptors of the log in a worker, as numbers behind `firstLogFd`; null: there is none of that kind. */
export interface WorkerLogs {
  /** Where the log would go without loggers. */
  original: number | null;
  /** The reading end of the pipe behind 1 and 2, for the case that the master dies. */
  log: number | null;
  /** The reading and the writing end of the pipe for request lines. */
  requestsRead: number | null;
  requests: number | null;
  /** The log file. `isDirect`: it is behind 1 and 2. */
  files: { path: string; isDirect: boolean }[];
}

/** Where FastCGI connections change hands between engines that end and engines that serve (native/core/exchange.h). */
export interface Exchange {
  /** Descriptors: what an engine puts into, and takes from. */
  give: number;
  take: number;
}

/**
 * master → worker: another program is about to take the master's place, of another version it may be. From then on the
 * channel may close, and the worker serves on until the lifeline does: then others have taken its place. Never changes, nor
 * does what the lifeline is.
 */
export interface HandOver {
  type: 'hand-over';
}

/** master → worker, first message. */
export interface StartWorker {
  type: 'start';
  version: number;
  /** 1-based. */
  workerId: number;
  settings: Settings;
  listeners: InheritedListener[];
  /** Missing where there is no scoreboard. */
  scores?: ScoreRows | undefined;
  /** Its threads let debuggers connect, from the start. */
  isDebugged?: boolean;
  /** The descriptors' numbers in the worker process; missing where no socket speaks FastCGI. */
  exchange?: Exchange | undefined;
  /** Descriptor of a pipe that ends when nobody is the worker's master any more. */
  lifeline?: number | undefined;
  logs?: (WorkerLogs & { first: number }) | undefined;
}
/** master → worker: the log file is another. */
export interface ReopenLogs {
  type: 'reopen-logs';
}
/** master → worker: stop accepting, finish what runs, exit with code 0. */
export interface StopWorker extends Aftermath {
  type: 'stop';
}
/** What there is after the end of a worker or a thread; by default nothing. */
export interface Aftermath {
  /** The server goes on: another worker takes this one's place. */
  isReplaced?: boolean;
  /** Other workers serve on: FastCGI connections that stay open go over to them. As with `isReplaced`. */
  handsOver?: boolean;
}
/** What somebody wants to see of the JS threads of a worker. */
export type Question =
  /** Where each of them is. */
  | { kind: 'traceback' }
  /** What one of them does in some time, into a file that is not there yet; until it is complete, `partOf` it. */
  | { kind: 'profile'; core: number; seconds: number; file: string }
  /** What the heap of one of them holds; the same. */
  | { kind: 'heap'; core: number; file: string };

/** What a profile is called until it is complete. */
export const partOf = (file: string): string => `${file}.part`;

/** master → control thread: a look into its JS threads is wanted. */
export interface Look {
  type: 'look';
  /** Comes back with the answer. */
  ask: number;
  question: Question;
}
/** master → control thread: the port for debuggers is free, take it. */
export interface TakeDebugPort {
  type: 'take-debug-port';
}
export type MasterToWorker =
  | StartWorker
  | StopWorker
  | Collect
  | ReopenLogs
  | HandOver
  | Look
  | TakeDebugPort;

/** Where debuggers connect to one JS thread. */
export interface DebugAddress {
  host: string;
  /** 0: the kernel chooses. */
  port: number;
}

/** Where one JS thread is: lines for whoever asked. */
export interface ThreadStack {
  core: number;
  lines: string[];
}
export type Answer = { stacks: ThreadStack[] } | { file: string; bytes: number } | { problem: string };
/** control thread → master: what was seen. */
export interface Looked {
  type: 'looked';
  ask: number;
  answer: Answer;
}

/** One application, as the loader found it. */
export interface FoundApp {
  /** Absolute path of the module that holds the application. */
  file: string;
  callable: string;
  /** What it is: a WSGI-style application, a node:http one, a fetch handler. */
  kind: AppInterface;
}

/** What the loader found; the master prints it once per worker. */
export interface LoadedApp extends FoundApp {
  /** The applications below a path. */
  mounts?: (FoundApp & { path: string })[];
  /** Milliseconds. */
  loadTime: number;
}
/** worker → master: every thread has loaded the application and accepts. */
export interface WorkerReady {
  type: 'ready';
  app: LoadedApp | null;
  /** What serves HTTP here: 'uWebSockets.js' or 'node:http'; null without an HTTP socket. */
  http: string | null;
  /** Why, where the application decided it: it listens for upgrades. */
  httpReason?: string | null;
}
/** worker → master: the application cannot be loaded. The worker exits with code 22 after this. */
export interface WorkerFailed {
  type: 'failed';
  /** The error's message and stack, or what the module exports instead. */
  reason: string;
}
/** JS thread → control thread → master: an error came up after which `reload-on-exception` wants another worker. */
export interface WorkerSpoiled {
  type: 'spoiled';
}
/** The same way: who starts it is of another version, so the package was replaced meanwhile. `failed` follows. */
export interface WorkerForeign {
  type: 'foreign';
}
/** JS thread → control thread → master: the worker has been handed `max-requests`. */
export interface WorkerSpent {
  type: 'spent';
}
/** master → control thread → JS thread: the metrics of the application are wanted. */
export interface Collect {
  type: 'collect';
  /** Comes back with the answer. */
  ask: number;
}
/** JS thread → control thread → master: here they are. */
export interface Collected {
  type: 'collected';
  ask: number;
  metrics: Metric[];
}
export type WorkerToMaster =
  | WorkerReady
  | WorkerFailed
  | WorkerForeign
  | WorkerSpoiled
  | WorkerSpent
  | Collected
  | Looked;

/** worker's control thread → JS thread, first message. */
export interface ThreadStart {
  version: number;
  workerId: number;
  /** 0-based core number, as the request log prints it. */
  core: number;
  settings: Settings;
  listeners: InheritedListener[];
  /** `row` is this thread's own. */
  scores?: ScoreRows | undefined;
  /** Debuggers may connect here before the application is loaded. */
  debug?: DebugAddress | undefined;
  /** Descriptor for request lines; 2 by default. */
  requestLogFd?: number;
  exchange?: Exchange | undefined;
}
/** control thread → JS thread: stop accepting, finish what runs, then end. */
export interface DrainThread extends Aftermath {
  type: 'drain';
}
/**
 * control thread → JS thread that hangs, through its debugger: an expression that has its HTTP clients answered. The
 * function is there where there are such clients and harakiri is on.
 */
export const answerStuckSymbol = 'uwsgi-node.answer-stuck';
export const answerStuck = `globalThis[Symbol.for('${answerStuckSymbol}')]?.()`;
/** control thread → JS thread: let debuggers connect. */
export interface DebugThread {
  type: 'debug';
  address: DebugAddress;
}
export type ControlToThread = DrainThread | Collect | DebugThread;
export type ThreadToControl = Exclude<WorkerToMaster, Looked> | { type: 'drained' };

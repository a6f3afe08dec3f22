/**
 * The resolved configuration, as the rest of the program reads it. Made by config/load.ts from the command line, the
 * environment and configuration files; plain data, so that it can be sent to workers and threads.
 */

import type { CronSetting } from './cron-spec.js';
import type { Hook } from './hooks.js';
import type { LogSettings } from './log-settings.js';
import type { Origin } from './origin.js';
import type { StaticSettings } from './static-settings.js';

/** What is spoken on a socket. All but HTTP are for a web server in front. */
export const socketProtocols = ['uwsgi', 'fastcgi', 'scgi', 'http'] as const;
export type SocketProtocol = (typeof socketProtocols)[number];

export interface SocketSetting {
  /** As written, but for `10.0.0.*`, which is an address by now: `/run/app.sock`, `app.sock`, `@abstract`, `:8080`, `127.0.0.1:0`, `[::1]:80`. */
  address: string;
  protocol: SocketProtocol;
  origin: Origin;
}

/** Where operators' tools connect: statistics, metrics, the page. */
export interface EndpointSetting {
  /** As written: `127.0.0.1:1717`, `/run/stats.sock`, `@abstract`. */
  address: string;
  origin: Origin;
}

/** Where debuggers connect: each thread of the worker has a port of its own. */
export interface InspectSetting {
  /** `127.0.0.1`, `::1`, a name. */
  host: string;
  /** Of core 0; the others follow. 0: the kernel chooses each. */
  port: number;
  origin: Origin;
}

/** The application to load. At most one of `module` and `file` is set. */
export interface AppSetting {
  /** `wsgi`, `wsgi:application`, `pkg.mod:callable` */
  module: string | null;
  /** A path. */
  file: string | null;
  /** Name of the export; `application` by default. */
  callable: string;
  /** What the export is, where it cannot be told by looking at it; null: it is recognised. */
  interface?: AppInterface | null;
}

/** A WSGI-style application, a request listener or server for node:http, a fetch handler. */
export type AppInterface = 'wsgi' | 'node' | 'fetch';

/** What an error that nobody caught ends. */
export type UncaughtErrors = 'recycle' | 'continue';

/** How `cheaper` decides; `manual`: the master fifo does. */
export type CheaperAlgorithm = 'spare' | 'backlog' | 'busyness' | 'manual';

/** An application below a path. */
export interface MountSetting {
  /** `/prefix`, without a slash at the end; empty for the root. */
  path: string;
  app: AppSetting;
}

/** A program that runs beside the workers. */
export interface DaemonSetting {
  /** For /bin/sh. */
  command: string;
  /** The server stops when it ends. */
  isControl: boolean;
  /** Says whether it runs, and which process it is: it is no child of the server, and outlives it. Null: it is one. */
  pidfile: string | null;
  /** It writes no pid file, so the server writes it. */
  isDaemonized: boolean;
  /** Seconds after which it is started again where no pid file has come. */
  freq: number;
  /** Numbers of the signals that it gets when the server stops and, null: none, when it is reloaded. */
  stopSignal: number;
  reloadSignal: number | null;
  /** It gets these signals although it has a pid file. */
  isNotified: boolean;
  /** It is started anew when one of these files is touched. */
  touch: string[];
  /** Name or number. */
  uid: string | null;
  gid: string | null;
  chdir: string | null;
  /** It has the standard input of the server. */
  honourStdin: boolean;
  /** Seconds; no start is put off for longer. */
  maxThrottle: number;
}

/**
 * After how many requests the worker of this number (1-based) is replaced; null: never. They differ, so that workers which
 * began together do not end together.
 */
export function maxRequestsOf(
  { maxRequests, maxRequestsDelta }: Pick<Settings, 'maxRequests' | 'maxRequestsDelta'>,
  workerId: number,
): number | null {
  return maxRequests === 0 ? null : maxRequests + maxRequestsDelta * (workerId - 1);
}

/** As `ListenOptions` of src/native.ts says. */
export interface TcpSettings {
  reusePort: boolean;
  freeBind: boolean;
  keepAlive: boolean;
  deferAccept: boolean;
  fastOpen: number;
  sendBuffer: number;
  receiveBuffer: number;
}

export interface Settings extends LogSettings {
  app: AppSetting;
  /** Further applications, in the order of the configuration. */
  mounts: MountSetting[];
  /** Requests below a mount's path go to it, with the path moved from PATH_INFO to SCRIPT_NAME. */
  manageScriptName: boolean;
  /** The main application is served whatever SCRIPT_NAME says. */
  ignoreScriptName: boolean;
  /** What belongs to no mount is answered 500, not by the first application. */
  noDefaultApp: boolean;
  needApp: boolean;
  /** Headers that every response gains: name and value. */
  addHeader: [name: string, value: string][];
  /** Names of headers that are taken out of what is answered; those of `addHeader` stay. */
  remHeader: string[];
  /** Pages, absolute paths, for the server's own answers with 500; the first that can be read. */
  errorPage500: string[];
  staticFiles: StaticSettings;
  /** An error of the application is shown to the client, with its stack. */
  catchExceptions: boolean;
  /** After which errors of the application its worker is replaced. */
  reloadOnException: { always: boolean; types: string[]; values: string[]; reprs: string[] };
  /** What an error that nobody caught ends: the thread, or the request alone. */
  uncaughtErrors: UncaughtErrors;
  /** The `master` option. The same process tree runs without it; only the start-up lines differ. */
  master: boolean;
  processes: number;
  threads: number;
  sockets: SocketSetting[];
  /** Permission bits of unix sockets, e.g. 0o664; null leaves the umask's result. */
  chmodSocket: number | null;
  /** `user[:group]` */
  chownSocket: string | null;
  /** What TCP listeners are bound with. */
  tcp: TcpSettings;
  /** Length of the accept queue; null: min(4096, net.core.somaxconn). */
  listen: number | null;
  vacuum: boolean;
  dieOnTerm: boolean;
  chdir: string | null;
  /** Where a reload begins, in the place of the directory of the start. */
  forceCwd: string | null;
  /** Name or number. */
  uid: string | null;
  gid: string | null;
  /** Serves statistics as uWSGI's JSON; null: nowhere. */
  stats: EndpointSetting | null;
  /** With an HTTP head in front; without blanks; without the threads of each worker. */
  statsHttp: boolean;
  statsMinified: boolean;
  statsNoCores: boolean;
  /** Serves Prometheus metrics and health checks over HTTP; null: nowhere. */
  metrics: EndpointSetting | null;
  /** Serves a page with charts over HTTP; null: nowhere. */
  statsPage: EndpointSetting | null;
  /** Serves the stacks of each worker at this path with the worker's number behind it; null: nowhere. */
  tracebacker: EndpointSetting | null;
  /** Where debuggers may connect to one worker; null: nowhere. */
  inspect: InspectSetting | null;
  /** The number of that worker; default 1. */
  inspectWorker: number;
  /** Where CPU profiles and heap snapshots are written; the working directory by default. */
  profileDir: string;
  /** The server goes to the background, and `waits` until it serves; null: it stays. The log file is `logto`. */
  daemonize: { waits: boolean } | null;
  /** Programs that run beside the workers. */
  daemons: DaemonSetting[];
  /** All of them have the standard input of the server. */
  daemonsHonourStdin: boolean;
  /** Commands that run at certain times. */
  crons: CronSetting[];
  /** Seconds after which those are killed that say nothing else; 0: never. */
  cronHarakiri: number;
  /** What is done at moments of the server's life, in the order of the configuration. */
  hooks: Hook[];
  /** More groups to run with, by name or number. */
  addGid: string[];
  /** The groups that the user is in are not taken on. */
  noInitgroups: boolean;
  /** Processors each worker is bound to; 0: it is not. */
  cpuAffinity: number;
  /** Scheduling priority, from -20 to 20; 0: as started. */
  prio: number;
  /** File descriptors each process may have; 0: as many as the system lets it. */
  maxFd: number;
  /** What the processes call themselves; null: `title`, or telling names under `autoProcname`. */
  procname: string | null;
  procnameMaster: string | null;
  autoProcname: boolean;
  procnamePrefix: string;
  procnameAppend: string;
  /** Largest vars block of a packet (or HTTP head), bytes; default 65 536 (a packet holds at most 65 535). */
  bufferSize: number;
  /** Request bodies up to this many bytes are read before the application runs; default 65 536. */
  postBuffering: number;
  /** Largest request body, bytes; 0: no limit. */
  limitPost: number;
  /** Seconds of silence after which a peer is given up; default 4. */
  socketTimeout: number;
  /** Seconds that the application has for a request; 0: any. */
  harakiri: number;
  /** Requests are ended only while at least so many connections wait to be accepted; 0: always. */
  harakiriQueueThreshold: number;
  /** More is logged of a thread that is stuck. */
  harakiriVerbose: boolean;
  /** A line of the PROXY protocol ahead of the first request of an HTTP connection says who the client is. */
  enableProxyProtocol: boolean;
  /** Seconds an idle kept-alive HTTP connection is held; default 60; 0: every response ends its connection. */
  httpKeepalive: number;
  /** Seconds in which the head of an HTTP request must have come; 0: `socketTimeout`. */
  httpHeadersTimeout: number;
  /** Seconds of silence inside a request or a response after which an HTTP peer is given up; default 60. */
  httpTimeout: number;
  /** At most this many unfinished requests per thread; default 1000. */
  async: number;
  /** Seconds a worker has to finish its requests when it stops; default 60. */
  workerReloadMercy: number;
  /** Seconds all workers together have to finish their requests on a reload or stop; null: only `workerReloadMercy` counts. */
  reloadMercy: number | null;
  /** Seconds from the word to stop, when readiness goes down, until connections are refused; default 0. */
  drainDelay: number;
  /** A reload stops the server instead. */
  exitOnReload: boolean;
  /** Files: a change of one's modification time, its creation or its removal reloads. */
  touchReload: string[];
  /** The same, for a chain reload. */
  touchChainReload: string[];
  /** The same, for a reload of the workers alone: the configuration is not read again. */
  touchWorkersReload: string[];
  /** A command for /bin/sh that runs when a file is touched. */
  touchExec: { path: string; command: string }[];
  /** Files and folders whose changes the kernel tells: they reload, or reload brutally. */
  fsReload: string[];
  fsBrutalReload: string[];
  /** The server ends where one of these has no file system any more. */
  checkMountpoint: string[];
  /** Fifos that take one-letter commands, at most ten; the first one listens until a digit switches to another. */
  masterFifo: string[];
  /** Seconds between two looks at those files; default 1. */
  checkInterval: number;
  /** A worker is replaced after as many requests, plus delta × (its number - 1); 0: never. */
  maxRequests: number;
  maxRequestsDelta: number;
  /** Seconds below which a worker is not replaced for its requests, age or memory; default 10. */
  minWorkerLifetime: number;
  /** Seconds after which a worker is replaced, plus delta × (its number - 1); 0: never. */
  maxWorkerLifetime: number;
  maxWorkerLifetimeDelta: number;
  /** Megabytes of resident memory at which a worker is replaced, and at which it is killed; 0: never. */
  reloadOnRss: number;
  evilReloadOnRss: number;
  /** Megabytes of heap that a JS thread may have; 0: as many as V8 gives it. */
  threadHeapLimit: number;
  /** Kilobytes of stack that a JS thread may have, where that is more than Node gives it; 0: as Node gives it. */
  threadStackSize: number;
  /** Fewest workers; 0: always `processes` of them. */
  cheaper: number;
  /** Workers to begin with; null: `cheaper`. */
  cheaperInitial: number | null;
  cheaperAlgo: CheaperAlgorithm;
  /** Workers to start at once; default 1. */
  cheaperStep: number;
  /** Seconds, default 3; under `backlog` connections. */
  cheaperOverload: number;
  /** Bytes of resident memory of all workers from which no more are started, and from which some go; 0: no limit. */
  cheaperRssLimitSoft: number;
  cheaperRssLimitHard: number;
  /** Percent of the time workers are at work: above `max` more are started, below `min` some go; defaults 50, 25. */
  cheaperBusynessMax: number;
  cheaperBusynessMin: number;
  /** Cycles of `cheaperOverload` seconds to wait before a worker goes, and more of them after one went too soon; 10, 2. */
  cheaperBusynessMultiplier: number;
  cheaperBusynessPenalty: number;
  cheaperBusynessVerbose: boolean;
  /** Connections that wait at once, and seconds they may have waited, before workers are started for them; 33, 60. */
  cheaperBusynessBacklogAlert: number;
  cheaperBusynessBacklogNonzero: number;
  /** How many then, and cycles before they go again; 1, 3. */
  cheaperBusynessBacklogStep: number;
  cheaperBusynessBacklogMultiplier: number;
  /** No worker is started before the first connection. */
  cheap: boolean;
  /** Seconds without a request after which all workers go until the next connection; 0: never. */
  idle: number;
  /** The server stops then. */
  dieOnIdle: boolean;
  /** Where the master's pid is written before root is given up, and after. */
  pidfile: string | null;
  pidfile2: string | null;
  /** The same, once every worker is ready. */
  safePidfile: string | null;
  safePidfile2: string | null;
  /** File mode creation mask, e.g. 0o022, set before sockets and log files are made; null leaves the inherited one. */
  umask: number | null;
  /** What the application's environment gains, in order of `env` and `unenv`; null takes a variable away. */
  environment: Record<string, string | null>;
  /** The command line as the user typed it, for process titles: `uwsgi-node --ini myapp.ini`. */
  title: string;
}

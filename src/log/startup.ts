/**
 * The lines of a start, a stop and a death, in the shape that tutorials, tests and log scrapers know from uWSGI
 * 2.0. Only words here; who prints them, and when, is the affair of the master and the workers.
 */
import { ctime } from './ctime.js';

/** What the head of the log tells about the machine and the process. */
export interface Surroundings {
  version: string;
  date: Date;
  /** `Linux-6.1.0 #1 SMP …` */
  os: string;
  hostname: string;
  machine: string;
  cpus: number;
  workingDirectory: string;
  /** The running node. */
  binary: string;
  /** Soft limit of open files; null when it is not known. */
  fileLimit: string | null;
  nodeVersion: string;
  v8Version: string;
}

export function headLines(about: Surroundings): string[] {
  return [
    `*** Starting uwsgi-node ${about.version} (64bit) on [${ctime(about.date)}] ***`,
    `os: ${about.os}`,
    `nodename: ${about.hostname}`,
    `machine: ${about.machine}`,
    `detected number of CPU cores: ${about.cpus}`,
    `current working directory: ${about.workingDirectory}`,
    `detected binary path: ${about.binary}`,
    ...(about.fileLimit === null ? [] : [`detected max file descriptor number: ${about.fileLimit}`]),
    `Node.js version: ${about.nodeVersion} (V8 ${about.v8Version})`,
  ];
}

export const warnings = {
  root: '*** WARNING: you are running uwsgi-node as root !!! (use the --uid flag) ***',
  rootGroup: '*** WARNING: you are running uwsgi-node with the group root !!! (use the --gid flag) ***',
  noMaster: '*** WARNING: you are running uwsgi-node without its master process manager ***',
  publicSocket: (name: string) =>
    `*** WARNING: the uwsgi socket ${name} can be reached from every network; uwsgi has no authentication: ` +
    'bind 127.0.0.1 or a unix socket, or keep the port behind a firewall ***',
  liveOwner: (path: string) =>
    `*** WARNING: another process listened on ${path}; it gets no new connections from now on ***`,
  noScoreboard: (reason: string) =>
    `*** WARNING: there is no shared memory (${reason}): requests are not counted across workers ***`,
  backlog: (wanted: number, limit: number) =>
    `*** WARNING: listen = ${wanted} is more than net.core.somaxconn allows: ${limit} is used. ` +
    `Raise it with: sysctl -w net.core.somaxconn=${wanted} ***`,
  unusedSocket: (name: string) =>
    `*** WARNING: systemd has passed the socket ${name}, and the configuration has none of that address: nobody serves it ***`,
  unusableSocket: (fd: number, reason: string) =>
    `*** WARNING: descriptor ${fd}, which systemd has passed, is no socket to listen on: ${reason} ***`,
  notNotified: (address: string, reason: string) =>
    `*** WARNING: systemd cannot be told how the server is: NOTIFY_SOCKET=${address}: ${reason} ***`,
  processOne:
    '*** WARNING: daemonize: process 1 of a container stays in the foreground, as its end would end the container; ' +
    'leave daemonize out, and the log goes where the container collects it ***',
  priority: (value: number, reason: string) =>
    `*** WARNING: prio = ${value} has no effect: ${reason}; only root may have less than 0 ***`,
  fileLimit: (value: number, reason: string) =>
    `*** WARNING: max-fd = ${value} has no effect: ${reason}; only root may raise the limit ***`,
  notRoot: (option: string, value: string) =>
    `*** WARNING: ${option} = ${value} has no effect: only root can change it ***`,
};

export interface SocketLine {
  index: number;
  family: 'unix' | 'inet' | 'inet6';
  name: string;
  fd: number;
  /** The port was 0: the kernel chose. */
  assigned: boolean;
}

export function socketLine({ index, family, name, fd, assigned }: SocketLine): string {
  const kind = family === 'unix' ? 'UNIX' : 'TCP';
  return `uwsgi socket ${index} bound to ${kind} address ${name}${assigned ? ' (port auto-assigned)' : ''} fd ${fd}`;
}

/** What operators' tools can connect to. */
export function endpointLine(
  purpose: 'stats' | 'metrics' | 'page' | 'traceback',
  name: string,
  fd: number,
): string {
  const what = { stats: 'Stats server', metrics: 'Metrics', page: 'Stats page', traceback: 'Tracebacker' }[
    purpose
  ];
  return `*** ${what} enabled on ${name} fd: ${fd} ***`;
}

export function limitLines(backlog: number, mercy: number): string[] {
  return [
    `your server socket listen backlog is limited to ${backlog} connections`,
    `your mercy for graceful operations on workers is ${mercy} seconds`,
  ];
}

/** uWSGI's names for the combinations of `processes` and `threads`. */
export function modeLine(processes: number, threads: number): string {
  let mode = threads > 1 ? 'threaded' : 'single process';
  if (processes > 1) mode = threads > 1 ? 'preforking+threaded' : 'preforking';
  return `*** Operational MODE: ${mode} ***`;
}

export const spawnedMaster = (pid: number) => `spawned uWSGI master process (pid: ${pid})`;

export const spawnedWorker = (id: number, pid: number, cores: number) =>
  `spawned uWSGI worker ${id} (pid: ${pid}, cores: ${cores})`;

/** uWSGI's words for a single worker without `master`. */
export const spawnedOnlyWorker = (id: number, pid: number, cores: number) =>
  `spawned uWSGI worker ${id} (and the only) (pid: ${pid}, cores: ${cores})`;

/** @param loadTime milliseconds */
export function appReadyLine(loadTime: number, pid: number, nodeVersion: string): string {
  const seconds = Math.floor(loadTime / 1000);
  return `WSGI app 0 (mountpoint='') ready in ${seconds} seconds on interpreter ${nodeVersion} pid: ${pid} (default app)`;
}

export const noApp = '*** no app loaded. every request is answered with an error ***';
export const gameOver = [
  "unable to load app 0 (mountpoint='') (callable not found or import error)",
  '*** no app loaded. GAME OVER ***',
];

export const httpLine = (engine: string, reason: string | null = null) =>
  `HTTP is served by ${engine}${reason === null ? '' : ` (${reason})`}`;

export interface Summary {
  /** `wsgi:application (/srv/wsgi.js)` or null without an application. */
  app: string | null;
  /** That run now. */
  workers: number;
  /** At most. */
  processes: number;
  threads: number;
  /** `/run/app.sock (uwsgi)` */
  sockets: string[];
}

/** The closing line of a start: from here on requests are answered. */
export function readyLine({ app, workers: now, processes, threads, sockets }: Summary): string {
  const some = now < processes ? `${now} of ` : '';
  const workers = `${some}${count(processes, 'worker')} with ${count(threads, 'thread')}${processes > 1 ? ' each' : ''}`;
  return `*** uwsgi-node is ready: ${app ?? 'no application'}, ${workers}, listening on ${sockets.join(', ')} ***`;
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;

export const deaths = {
  worker: (id: number, pid: number, how: string) =>
    `DAMN ! worker ${id} (pid: ${pid}) died${how} :( trying respawn ...`,
  unloadable: (id: number, pid: number) =>
    `OOPS ! failed loading app in worker ${id} (pid ${pid}) :( trying again...`,
  respawned: (id: number, pid: number) => `Respawned uWSGI worker ${id} (new pid: ${pid})`,
  unspawnable: (id: number, reason: string) => `worker ${id} cannot be started: ${reason}`,
  successor: (id: number, pid: number, how: string) =>
    `the new worker ${id} (pid: ${pid}) died before it could take over${how}`,
  tooFast: (who: string, milliseconds: number) =>
    `${who} respawning too fast !!! i have to sleep a bit (${milliseconds / 1000} seconds)...`,
  core: (core: number, id: number, pid: number, how: string) =>
    `DAMN ! core ${core} of worker ${id} (pid: ${pid}) died, ${how} :( trying respawn ...`,
  unloadableCore: (core: number, id: number, pid: number) =>
    `OOPS ! failed loading app in core ${core} of worker ${id} (pid ${pid}) :( trying again...`,
  respawnedCore: (core: number, id: number) => `Respawned core ${core} of worker ${id}`,
};

/** What a reload says, with uWSGI's words where it has them. */
export const reloads = {
  asked: (signal: string) => `${signal} received...gracefully reloading...`,
  touched: (path: string) => `*** ${path} has been touched... grace them all !!! ***`,
  tooEarly: (signal: string) => `${signal} received: the server has not started yet; nothing was done`,
  byFifo: (letter: string, what: string) => `${letter} received on the master fifo...${what}...`,
  chain: 'chain reload starting...',
  nextInChain: (id: number) => `chain next victim is worker ${id}`,
  chainDone: 'chain reloading complete',
  chainBroken: '*** chain reload given up: the new worker cannot serve, the others go on ***',
  killingBrutally: '...brutally killing workers...',
  exit: (why: string) => `${why} (exit-on-reload)`,
  queued: 'a reload is under way: one more will follow it',
  respawnedMaster: (pid: number) => `gracefully (RE)spawned uWSGI master process (pid: ${pid})`,
  inherited: (index: number, kind: string, name: string, fd: number) =>
    `uwsgi socket ${index} inherited ${kind} address ${name} fd ${fd}`,
  closed: (name: string) => `closed socket ${name}: the new configuration does not have it`,
  killing: '...gracefully killing workers...',
  killingWorker: (id: number, pid: number) => `Gracefully killing worker ${id} (pid: ${pid})...`,
  killed: (id: number, pid: number, how: string) => `worker ${id} killed successfully (pid: ${pid})${how}`,
  refused: '*** reload refused: the workers go on as they are ***',
  abandoned: '*** reload given up: the new workers cannot serve, the old ones go on ***',
  replaced: (from: string, to: string) =>
    `*** the package was replaced (version ${from} by ${to}): executing the new one under the same pid ***`,
  foreign: '*** a worker is of another version than its master ***',
  predecessors: (version: string, workers: number) =>
    `*** version ${version} goes on: ${count(workers, 'worker')} of the program before until its own are ready ***`,
  needsRestart: (option: string) =>
    `*** WARNING: ${option} has changed; that takes effect when the server is stopped and started ***`,
};

/** What `systemctl status` shows. */
export const statuses = {
  serving: (workers: number) => `${count(workers, 'worker')} of uwsgi-node`,
  reloading: 'uwsgi-node loads new workers, the old ones serve',
  stopping: 'uwsgi-node lets its workers finish their requests',
};

export const affinity = {
  bound: (id: number, processors: readonly number[]) =>
    `mapping worker ${id} to CPUs: ${processors.join(' ')}`,
  failed: (id: number, reason: string) =>
    `*** WARNING: worker ${id} cannot be bound to processors: ${reason} ***`,
};

export const logs = {
  reopened: '*** the log was opened again ***',
  nothingToRotate: '*** there is no log file to rotate ***',
  rotated: (size: number, name: string) => `*** log size: ${size} bytes, rotated to ${name} ***`,
};

/** Why a worker is replaced that could go on. */
export const recycling = {
  requests: (id: number, pid: number) =>
    `...The work of process ${pid} is done. Seeya! (worker ${id}, max-requests)`,
  lifetime: (id: number, milliseconds: number) =>
    `worker ${id} lifetime reached, it was running for ${Math.floor(milliseconds / 1000)} second(s)`,
  exception: (id: number, pid: number) =>
    `... monitored exception detected, respawning worker ${id} (pid: ${pid})...`,
  memory: (id: number, pid: number, bytes: number) =>
    `...The work of process ${pid} is done. Seeya! (worker ${id}, reload-on-rss: ${megabytes(bytes)} MB)`,
  evil: (id: number, pid: number, bytes: number) =>
    `*** EVIL RELOAD ON WORKER ${id} RSS: ${bytes} (pid: ${pid}) ***`,
};

const megabytes = (bytes: number) => Math.round(bytes / 1024 / 1024);

/** How a process ended, as the line of its death says it. */
export function endOf(code: number | null, signal: number | null): string {
  if (signal !== null) return `, killed by signal ${signal}`;
  return code === null || code === 0 ? '' : `, exit code ${code}`;
}

/** An error that nobody caught, and whose request it was. @param origin `uncaughtException` or `unhandledRejection` */
export const uncaught = {
  fatal: (origin: string, open: readonly string[]) => {
    const shown = open.slice(0, MOST_SHOWN).join(', ');
    const rest = open.length > MOST_SHOWN ? ` and ${open.length - MOST_SHOWN} more` : '';
    return `${origins[origin] ?? origin}, with ${shown === '' ? 'no request' : 'these requests'} open${shown && ': '}${shown}${rest}`;
  },
  inside: (origin: string, request: string) => `${origins[origin] ?? origin} in ${request}`,
  outside: (origin: string) => `${origins[origin] ?? origin} outside of any request`,
};

const origins: Record<string, string> = {
  uncaughtException: 'uncaught exception',
  unhandledRejection: 'unhandled rejection',
};
/** Requests that one line names. */
const MOST_SHOWN = 10;

export const stops = {
  graceful: (signal: string, mercy: number) =>
    `${signal} received...gracefully killing workers... (at most ${mercy} seconds; a second signal ends them at once)`,
  draining: (seconds: number) =>
    `draining: new requests are still served for ${seconds} seconds (drain-delay), then refused`,
  brutalFirst: (signal: string) => `${signal} received...brutally killing workers...`,
  paused: '*** PAUSE (press start to resume, if you do not have a joypad send SIGTSTP) ***',
  resumed: '*** RESUME ***',
  unknownLetter: (letter: string, meaning: string) =>
    `${letter} received on the master fifo: ${meaning} is not there; nothing was done`,
  brutal: (signal: string) => `${signal} received again...brutally killing workers...`,
  noMercy: (id: number, pid: number) =>
    `worker ${id} (pid: ${pid}) is taking too much time to die...NO MERCY !!!`,
  buried: (id: number, milliseconds: number, how: string) =>
    `worker ${id} buried after ${Math.round(milliseconds / 1000)} seconds${how}`,
  goodbye: 'goodbye to uwsgi-node.',
};

export const vacuum = {
  removed: (path: string) => `VACUUM: unix socket ${path} removed.`,
  changed: (path: string) => `VACUUM WARNING: unix socket ${path} changed inode. Skip removal`,
  pidfileRemoved: 'VACUUM: pidfile removed.',
  otherPid: (path: string) => `VACUUM WARNING: pidfile ${path} holds another pid. Skip removal`,
  pidfileFailed: (path: string, reason: string) =>
    `VACUUM WARNING: pidfile ${path} cannot be removed: ${reason}`,
  failed: (path: string, reason: string) =>
    `VACUUM WARNING: unix socket ${path} cannot be removed: ${reason}`,
};

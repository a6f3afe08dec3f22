/**
 * The one door to the C++ addon (native/binding). Types here are the whole seam; arguments are checked by the callers
 * in TypeScript and trusted by the addon.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { errors } from './errors.js';
import type { NativeScoreboard } from './native-scoreboard.js';
import { packageRoot } from './package-root.js';

export interface ListenOptions {
  /** Length of the accept queue; the kernel clamps it to net.core.somaxconn. */
  backlog: number;
  /** Permission bits for a unix socket, or null to leave what the umask gives. */
  mode: number | null;
  /** The rest is of TCP. Other sockets of this user may bind the same port; default false. */
  reusePort?: boolean;
  /** An address that no interface has yet may be bound; default false. */
  freeBind?: boolean;
  /** SO_KEEPALIVE of connections; default false. */
  keepAlive?: boolean;
  /** Connections that have sent nothing are not accepted yet; default true. */
  deferAccept?: boolean;
  /** TCP_FASTOPEN for as many clients at once; 0, the default: without. */
  fastOpen?: number;
  /** Bytes of the kernel's buffers of each connection; 0, the default: what the kernel gives. */
  sendBuffer?: number;
  receiveBuffer?: number;
}

export interface BoundListener {
  fd: number;
  /** What the kernel bound: `/run/app.sock`, `127.0.0.1:41233`. */
  name: string;
  family: 'unix' | 'inet' | 'inet6';
}

/** The address forms of uWSGI: `path`, `@abstract`, `host:port`, `:port`, `*:port`, `[v6]:port`, `fd://N`. */
export interface NativeSockets {
  /**
   * Binds and listens; non-blocking, close-on-exec (`startChild` hands it on).
   * @throws Error with `code` ('EADDRINUSE', 'EINVAL', …), `syscall` and `address`.
   */
  bindListener(address: string, options: ListenOptions): BoundListener;
  /**
   * Connects to a unix socket, `path` or `@abstract`, and returns the descriptor. Node itself cannot: it pads an abstract
   * name with NULs.
   * @throws Error with `code`
   */
  connectUnix(address: string): number;
  /**
   * Who is at the other end of a unix socket (SO_PEERCRED); to a client, whoever listens there.
   * @throws Error with `code`
   */
  peerOf(fd: number): { pid: number; uid: number };
  /** close(2); errors are ignored. */
  closeFd(fd: number): void;
  /** dup2(2): makes `onto` refer to what `fd` does (log files). */
  redirectFd(fd: number, onto: number): void;
  /** A duplicate of `fd` with close-on-exec set. */
  duplicateFd(fd: number): number;
  /** mkfifo(3) with mode 0600. @throws Error with `code` */
  makeFifo(path: string): void;
  /** pipe(2): its two ends, close-on-exec and non-blocking. @throws Error with `code` */
  makePipe(): [read: number, write: number];
  /** socketpair(2): both ends of a connected stream, close-on-exec. @throws Error with `code` */
  makeSocketPair(): [number, number];
  /** A non-blocking socket whose every write is a datagram to the unix socket at a path or `@name`. @throws Error with `code` */
  connectDatagram(address: string): number;
  /**
   * Puts a listening socket under a server that insists on binding its own: finds this process's descriptor that listens
   * on 127.0.0.1:`port` and dup3(2)s `inherited` over it. Returns that descriptor's number.
   */
  replaceListener(port: number, inherited: number): number;
  /** Connections that wait at a listening socket; -1 where the kernel does not tell. */
  queueDepth(fd: number): number;
  /**
   * Calls back once when one of the descriptors can be read from; for the main thread. Returns how to give up.
   * @throws Error where one cannot be watched.
   */
  watchReadable(fds: readonly number[], callback: () => void): () => void;
  /**
   * A listening socket takes no new connections, in no process; those that wait can still be accepted.
   * @returns whether that worked.
   */
  refuseNew(fd: number): boolean;
  /** shutdown(2) of a listening socket: refuses connections, resets what waits (over TCP), frees the port. */
  shutDown(fd: number): void;
  /**
   * Makes a pair of sockets over which kept connections change hands (native/core/exchange.h); close-on-exec.
   * @throws Error with `code`
   */
  createExchange(): { give: number; take: number };
  /** _exit(2): ends the process at once, without Node's teardown. */
  exitNow(code: number): never;
}

/** What an engine speaks on a listener (native/core/protocol/vars.h). */
export const EngineProtocol = { uwsgi: 0, fastcgi: 1, scgi: 2 } as const;

export interface EngineListener {
  fd: number;
  unix: boolean;
  /** One of `EngineProtocol`. */
  protocol: number;
}

export interface EngineOptions {
  listeners: EngineListener[];
  bufferSize: number;
  postBuffering: number;
  limitPost: number;
  /** Milliseconds of silence after which a peer that should send is given up. */
  socketTimeout: number;
  /** Unfinished requests at which the engine stops accepting. */
  maxRequests: number;
  /** Milliseconds that the application has for a request; 0: any. */
  harakiri: number;
  /** Where kept connections change hands, if anywhere. */
  exchange?: { give: number; take: number } | null;
  /** There are other engines at the exchange: of kept connections that have requests at once some move to them. Default false. */
  shares?: boolean;
}

/** Numbers of the request that is being handed over, in the array `facts` (native/binding/engine_events.cc). */
export const Fact = {
  connection: 0,
  /** Number of vars. */
  count: 1,
  modifier1: 2,
  /** 1: the body streams (readBody, wantBody). */
  streams: 3,
  /** Index of the layout of all vars, or UNKNOWN. */
  layout: 4,
  /** 1: the layout's index was just given to it. */
  fresh: 5,
  /** Without a layout: index of the layout of the first `prefixCount` vars, or UNKNOWN. */
  prefix: 6,
  prefixFresh: 7,
  prefixCount: 8,
  /** 1: a name after the prefix may come twice. */
  repeats: 9,
  contentLengthLow: 10,
  contentLengthHigh: 11,
  /** 1: there is no PATH_INFO, as with the stock params of FastCGI and SCGI. */
  needsPath: 12,
  /** Of a layout: bit i where the value of var i is held from an earlier request, or is in `keep`. */
  held: 13,
  /** Of a layout: bit i where the value of var i has come twice and is to be held. */
  keep: 14,
  /** Where in the vars the text begins that is handed over. */
  textBegin: 15,
  /** Bytes of vars. */
  size: 16,
  /** Of the array. */
  length: 17,
} as const;

export const UNKNOWN_LAYOUT = 0xffff_ffff;
export const UNKNOWN_NAME = 0xffff;
/** `Fact.contentLengthHigh` of a body whose length is not known. */
export const UNKNOWN_LENGTH_HIGH = 0xffff_ffff;
/** Most vars a packet can hold; each has four uint16 in `places`: key begin, key end, value begin, value end. */
export const MAX_VARS = 13107;

/** Results of `write`. */
export const Written = { done: 0, again: 1, dead: 2 } as const;
/** Results of `readBody` that are no number of bytes. */
export const ReadFailure = { timeout: -2, gone: -3 } as const;

/** Why a connection never reached the application (native/core/engine.h, Rejection). */
export const Rejection = {
  malformed: 0,
  http: 1,
  tls: 2,
  tooSlow: 3,
  bodyTooLarge: 4,
  varsTooLarge: 5,
  modifier: 6,
  truncated: 7,
  outOfDescriptors: 8,
  stopped: 9,
  harakiri: 10,
} as const;

/** Called by the engine in its thread. A connection id is reused after the response is complete or the peer is gone. */
export interface EngineHandlers {
  /**
   * A request whose body is complete, or too large to wait for. The rest is in `facts`, `places` and `names`.
   * @param text the vars block, latin-1
   * @param body the whole body; null when there is none or when it streams
   */
  request(text: string, body: Buffer | null): void;
  /** Room again after a `write` that answered `Written.again`. */
  writable(connection: number): void;
  /** What `wantBody` asked for; null at the end of the body. */
  data(connection: number, chunk: Buffer | null): void;
  /** The peer went away with the request unanswered, or was given up. */
  gone(connection: number): void;
  /**
   * The application had the request for too long (harakiri): its peer has been answered, or reset.
   * @param note its method, address and URI, with NUL between them
   * @param elapsed milliseconds with the application
   */
  expired(connection: number, note: string, elapsed: number): void;
  /** A connection that was answered or dropped without the application. */
  rejected(reason: number, peer: string, detail: number, protocol: number): void;
}

export interface NativeEngine {
  /**
   * The whole response; ends the request.
   * @param head   latin-1, from the status code on, without the empty line
   * @param http10 makes the version HTTP/1.0 instead of 1.1
   */
  respond(connection: number, head: string, body: string | Uint8Array | null, http10?: boolean): void;
  /**
   * @param head latin-1, complete
   * @param last the response is complete with this, and the request ends as with `finish`
   * @returns one of `Written`
   */
  write(connection: number, head: string | null, chunk: string | Uint8Array | null, last?: boolean): number;
  /**
   * The whole response, whose body is a regular file; ends the request.
   * @param head latin-1, complete
   * @param from place in the file where it begins; -1: where the descriptor stands
   * @param most bytes of it; -1: to its end
   * @returns the size of the body; -1, and nothing has happened, where the file is of another kind or too short
   */
  sendFile(connection: number, head: string, fd: number, from: number, most: number): number;
  finish(connection: number): void;
  abort(connection: number): void;
  /**
   * Blocks until some bytes of the body have come, and reads them to where `at` is in `into`.
   * @returns how many; 0 at the end; one of `ReadFailure`
   */
  readBody(connection: number, into: Uint8Array, at: number): number;
  wantBody(connection: number): void;
  /**
   * The connection becomes a pipe: `wantBody` delivers whatever comes until the peer ends its side, without a timeout.
   * @returns false where the protocol does not allow it (FastCGI)
   */
  upgrade(connection: number): boolean;
  /** `10.0.0.1:4711`, or `unix`. */
  peer(connection: number): string;
  /**
   * Takes in what waits, then accepts no more.
   * @param handOver connections that wait for their next request go into the exchange instead of being closed
   */
  stopAccepting(handOver: boolean): void;
  openRequests(): number;
  /** Whether the event loop stays alive for the listeners. */
  keepAlive(wanted: boolean): void;
  /** Answers what is open with 503 and lets go of everything. */
  close(): void;
}

export interface ChildStart {
  /** The program's file. */
  path: string;
  argv: readonly string[];
  /** `NAME=value` */
  env: readonly string[];
  cwd: string;
  /** Descriptor i of the child is this one of the caller's; -1: /dev/null. */
  descriptors: readonly number[];
  /** It leads a session, and with that a process group, of its own; default false. */
  hasSession?: boolean;
}

/** How a child has ended; both are null where somebody else has collected it. */
export interface ChildEnd {
  code: number | null;
  signal: number | null;
}

/** What the master asks of the system beside sockets. */
export interface NativeSupervision {
  /**
   * posix_spawn(3); the child has the default action for every signal. Node does not know of it: see `collectChild`.
   * @returns its pid
   * @throws Error
   */
  startChild(start: ChildStart): number;
  /** waitpid(2) for a child of `startChild`; to be called upon SIGCHLD. Returns null while it runs. */
  collectChild(pid: number): ChildEnd | null;
  /**
   * One datagram to the unix socket at a path or `@abstract` name. Waits at most a second for a full receiver.
   * @returns what went wrong, in the system's words; null when it was sent.
   */
  sendDatagram(address: string, text: string): string | null;
  /** Whether processes whose parent has died become children of this one: it is process 1, or a subreaper. */
  adoptsOrphans(): boolean;
  /** Collects a child that has ended, waitpid(2). Returns whether there was one of that pid. */
  reap(pid: number): boolean;
  /** Whether a descriptor stays open across `replaceImage`. Returns what went wrong, or null. */
  keepAcrossExec(fd: number, keep: boolean): string | null;
  /**
   * execve(2): runs a program in the place of this process, under its pid. Until that one has handlers of its own, signals
   * have their default action: see src/master/early-signals.ts.
   * @param env `NAME=value`
   * @returns what went wrong; it does not return when nothing did.
   */
  replaceImage(path: string, argv: readonly string[], env: readonly string[]): string | null;
  /** Binds every thread of this process to these processors. Returns what went wrong, or null. */
  pinProcess(processors: readonly number[]): string | null;
  /** setrlimit(2), RLIMIT_NOFILE. Returns what went wrong, or null. */
  limitOpenFiles(count: number): string | null;
}

export interface NativeAddon extends NativeSockets, NativeScoreboard, NativeSupervision {
  createEngine(
    options: EngineOptions,
    handlers: EngineHandlers,
    places: Uint16Array,
    names: Uint16Array,
    facts: Uint32Array,
  ): NativeEngine;
}

const addonName = 'uwsgi_node.node';

/** In a clone what was built there; in an installed package the prebuilt binary, which is all it has. */
function candidates(): string[] {
  return [
    `build/Release/${addonName}`,
    `build/dev/Debug/${addonName}`,
    `prebuilds/${process.platform}-${process.arch}/${addonName}`,
  ].map((path) => fileURLToPath(new URL(path, packageRoot)));
}

function load(): NativeAddon {
  const require = createRequire(import.meta.url);
  const tried = candidates();
  const chosen = process.env.UWSGI_NODE_ADDON;
  const found = chosen ?? tried.find((path) => existsSync(path));
  try {
    return require(found ?? tried[0]!) as NativeAddon;
  } catch (cause) {
    throw errors.addonMissing(chosen ? [chosen] : tried, cause);
  }
}

export const native: NativeAddon = load();

/**
 * The one door to the C++ addon (native/binding). Types here are the whole seam; arguments are checked by the callers
 * in TypeScript and trusted by the addon.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { errors } from './errors.js';

export interface ListenOptions {
  /** Length of the accept queue; the kernel clamps it to net.core.somaxconn. */
  backlog: number;
  /** Permission bits for a unix socket, or null to leave what the umask gives. */
  mode: number | null;
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
   * Binds and listens; non-blocking, close-on-exec (child_process.spawn's stdio hands it on).
   * @throws Error with `code` ('EADDRINUSE', 'EINVAL', …), `syscall` and `address`.
   */
  bindListener(address: string, options: ListenOptions): BoundListener;
  /** close(2); errors are ignored. */
  closeFd(fd: number): void;
  /** dup2(2): makes `onto` refer to what `fd` does (log files). */
  redirectFd(fd: number, onto: number): void;
  /** A duplicate of `fd` with close-on-exec set. */
  duplicateFd(fd: number): number;
  /**
   * Puts a listening socket under a server that insists on binding its own: finds this process's descriptor that listens
   * on 127.0.0.1:`port` and dup3(2)s `inherited` over it. Returns that descriptor's number.
   */
  replaceListener(port: number, inherited: number): number;
  /** _exit(2): ends the process at once, without Node's teardown. */
  exitNow(code: number): never;
}

export interface EngineListener {
  fd: number;
  /** TCP wants TCP_NODELAY and keeps a half-closed peer. */
  unix: boolean;
}

export interface EngineOptions {
  listeners: EngineListener[];
  bufferSize: number;
  postBuffering: number;
  limitPost: number;
  /** Milliseconds. */
  socketTimeout: number;
  /** Unfinished requests at which the engine stops accepting. */
  maxRequests: number;
}

/** Called by the engine in its thread. Connection ids are small integers, reused after `gone` or the end of a response. */
export interface EngineHandlers {
  /**
   * A request whose body is complete, or too large to wait for.
   * @param connection id for every later call
   * @param text       the vars block, latin-1; `vars` gives the places of keys and values in it
   * @param count      number of vars
   * @param body       the whole body; null when there is none; undefined when it streams
   */
  request(connection: number, text: string, count: number, contentLength: number, body: Buffer | null | undefined): void;
  /** Room again after a `write` that answered FLOW_FULL. */
  writable(connection: number): void;
  /** Streaming body: bytes for an outstanding `resumeBody`; null at its end. */
  data(connection: number, chunk: Buffer | null): void;
  /** The peer went away before the response was complete (or was given up by a timeout). */
  gone(connection: number): void;
  /** A request that was answered or dropped without reaching the application. */
  rejected(reason: number, peer: string, detail: number): void;
}

/**
 * Catches `listen()` of an application that starts its own server, in the JS thread that runs it: the server is taken as
 * the application, and nothing is bound. In each of several threads the port would be taken already.
 *
 * Only the first is caught: a second server (metrics, a debug port) means what it says, unless its port is the first one's.
 * A server keeps Node's own methods; it gets a handle that stands for a listening socket, so that `listening`, `address()`
 * and `close()` answer.
 */
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Server as NetServer } from 'node:net';
import type { ServerHolder } from '../adapters/node-http.js';
import { isHttp2Server, isHttpServer } from './http-server.js';

/** What net.Server looks for in its handle, on every version from 20 on. */
interface Internals {
  _handle: unknown;
  _pipeName?: string;
  _connections: number;
  _emitCloseIfDrained(): void;
  listen(...args: unknown[]): unknown;
}

export interface OtherServer {
  isHttp2: boolean;
  /** Nobody need wait for another one. */
  isApplication: boolean;
  /** As the application wrote it: `listen(9000)`. */
  call: string;
}

export type CapturedServer = HttpServer | HttpsServer;

interface Asked {
  port: number;
  host: string;
  path: string | null;
  callback: unknown;
}

/** Everything a captured server believes of its socket. */
class Handle {
  closed = false;
  constructor(private readonly asked: Asked) {}

  close(): void {
    this.closed = true;
  }
  ref(): void {}
  unref(): void {}
  hasRef(): boolean {
    return false;
  }
  get port(): number {
    return this.asked.port;
  }
  /** An address, as the system's: Fastify compares it with those of the name. */
  getsockname(out: object): number {
    const { port } = this.asked;
    const host = this.asked.host === 'localhost' ? '127.0.0.1' : this.asked.host;
    Object.assign(out, { address: host, family: host.includes(':') ? 'IPv6' : 'IPv4', port });
    return 0;
  }
}

export class ListenCapture implements ServerHolder {
  server: HttpServer | null = null;
  /** As the application wrote it: `listen(3000)`; empty until something was captured. */
  call = '';
  /** `listen(3000)`: only such a call is caught. Null: the first one. */
  wanted: string | null = null;
  /** What listened instead while nothing was captured: no server of node:http. */
  other: OtherServer | null = null;
  #handle: Handle | null = null;
  #found: (() => void) | null = null;

  /** Resolves when a server has been captured, or when nothing is left that could still start one. */
  async wait(seconds: number): Promise<void> {
    if (this.server !== null || this.other?.isApplication === true) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#found = resolve;
      process.once('beforeExit', resolve);
      timer = setTimeout(resolve, seconds * 1000).unref();
    });
    clearTimeout(timer);
  }

  /** `server.close()` of the application calls back when its requests are answered, as Node's does. */
  count(change: 1 | -1): void {
    const server = this.server as unknown as Internals | null;
    if (server === null) return;
    server._connections += change;
    if (this.#handle?.closed === true && server._connections === 0) {
      this.#handle = null;
      server._emitCloseIfDrained();
    }
  }

  /** False: it really listens. On a descriptor it is the server's own HTTP front, or somebody who knows why. */
  take(server: Internals, args: unknown[]): boolean {
    const [first] = args;
    if (typeof first === 'object' && first !== null && 'fd' in first) return false;
    // Node says ERR_SERVER_ALREADY_LISTEN.
    if (server._handle !== null && server._handle !== undefined) return false;
    const asked = readArguments(args);
    if (this.server !== null && this.server !== (server as unknown)) return this.#takeToo(server, asked);
    if (this.server === null && this.wanted !== null && this.wanted !== callOf(asked)) return false;
    this.server = server as unknown as HttpServer;
    this.call = callOf(asked);
    this.#handle = new Handle(asked);
    pretend(server, this.#handle, asked);
    this.#found?.();
    return true;
  }

  /**
   * A server that does not speak HTTP/1.1, and really listens. One of HTTP/2 with `request` listeners is the application, so
   * that there is no use in waiting for another; without them it may stand beside one (gRPC).
   */
  notice(server: NetServer, args: unknown[]): void {
    if (this.server !== null) return;
    const isHttp2 = isHttp2Server(server);
    const isApplication = isHttp2 && server.listenerCount('request') > 0;
    this.other = { isHttp2, isApplication, call: callOf(readArguments(args)) };
    if (isApplication) this.#found?.();
  }

  /** Fastify makes a server for each address of `localhost`: what it would bind is the application once more. */
  #takeToo(server: Internals, asked: Asked): boolean {
    if (asked.port === 0 || asked.port !== this.#handle?.port) return false;
    pretend(server, new Handle(asked), asked);
    return true;
  }
}

const callOf = ({ path, port }: Asked) => `listen(${path ?? (port || '')})`;

/** From now on the server believes that it listens. */
function pretend(server: Internals, handle: Handle, { path, callback }: Asked): void {
  server._handle = handle;
  if (path !== null) {
    server._pipeName = path;
    Object.assign(handle, { getsockname: undefined });
  }
  const emitter = server as unknown as HttpServer;
  if (typeof callback === 'function') emitter.once('listening', callback as () => void);
  process.nextTick(() => {
    if (server._handle === handle) emitter.emit('listening');
  });
}

/** listen(port, host, backlog, callback), listen(path, …), listen({ port, host, path }, callback). */
function readArguments(args: unknown[]): Asked {
  const [first, second] = args;
  const options = (typeof first === 'object' && first !== null ? first : {}) as Record<string, unknown>;
  const isPort = typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first));
  const path = typeof first === 'string' && !isPort ? first : options.path;
  const host = typeof second === 'string' ? second : options.host;
  return {
    port: Number(isPort ? first : (options.port ?? 0)),
    host: typeof host === 'string' && host !== '' ? host : '::',
    path: typeof path === 'string' ? path : null,
    callback: args.findLast((argument) => typeof argument === 'function'),
  };
}

/** A module is loaded once, under however many names and mounts; what it starts then is what it is. */
const ofFiles = new Map<string, ListenCapture>();
let current: ListenCapture | null = null;

/**
 * The one of the module that is loaded now, and until the next one is: an application may listen late.
 *
 * @param file the module's path
 * @param wanted `listen(3000)`, where it is not the first that listens
 */
export function captureListen(file: string, wanted: string | null = null): ListenCapture {
  if (current === null) watchListen();
  current = ofFiles.get(file) ?? new ListenCapture();
  current.wanted ??= wanted;
  ofFiles.set(file, current);
  return current;
}

/** For good. What http.Server and https.Server inherit: patching those would load both for every application. */
function watchListen(): void {
  const target = NetServer.prototype as unknown as Internals;
  const listen = target.listen;
  target.listen = function (this: Internals, ...args: unknown[]) {
    const capture = captureOf(this)!;
    if (!isHttpServer(this)) capture.notice(this as unknown as NetServer, args);
    else if (capture.take(this, args)) return this;
    return listen.apply(this, args);
  };
}

/** One that was caught before may have been closed, and listen again. */
function captureOf(server: unknown): ListenCapture | null {
  for (const capture of ofFiles.values()) if (capture.server === server) return capture;
  return current;
}

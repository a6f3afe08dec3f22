/**
 * The server inside a program of one's own: one engine in the thread that calls, no processes, no supervision. A worker's
 * JS thread is the same server with an application loader (thread/main.ts).
 */
import { lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultSettings } from '../config/default-settings.js';
import type { Settings } from '../config/settings.js';
import { packageVersion } from '../config/version.js';
import { embeddingErrors, nameAddress } from '../errors/embedding.js';
import type { InheritedListener } from '../messages.js';
import { type BoundListener, native } from '../native.js';
import { packageRoot } from '../package-root.js';
import type { Application } from '../wsgi/types.js';
import { errorStream } from './error-stream.js';
import { findOpenTelemetry } from './opentelemetry.js';
import { ThreadServer } from './server.js';
import {
  checkListenOptions,
  checkServerOptions,
  type ListenOptions,
  type ServerOptions,
} from './server-options.js';
import { Tracing } from './tracing.js';

/** As `net.Server` says it: a path, or host and port. */
export type Address = string | { address: string; family: 'IPv4' | 'IPv6'; port: number };

export class Server {
  readonly #application: Application;
  readonly #settings: Settings;
  #server: ThreadServer | null = null;
  #bound: BoundListener | null = null;
  #file: { path: string; inode: number } | null = null;
  #staysAlive = true;
  /** From the call of `listen()` on, until it fails or the server is closed. */
  #listens = false;

  constructor(application: Application, options: ServerOptions) {
    if (typeof application !== 'function') throw embeddingErrors.notAnApplication(application);
    const { logRequests = false, ...changes } = checkServerOptions(options);
    this.#application = application;
    this.#settings = { ...defaultSettings(), ...changes, disableLogging: !logRequests };
  }

  /**
   * Resolves to this server once connections are accepted.
   *
   * @throws UwsgiNodeError UWSGI_LISTENING when it listens already, UWSGI_LISTEN_ADDRESS when the options name no address,
   *         UWSGI_OPTION when one of them is not what it should be; the system's error (EADDRINUSE, EACCES) when the
   *         address cannot be bound.
   */
  async listen(given: ListenOptions): Promise<this> {
    const options = checkListenOptions(given);
    if (this.#listens) throw embeddingErrors.listening();
    this.#listens = true;
    try {
      return await this.#start(options);
    } catch (error) {
      this.#listens = false;
      throw error;
    }
  }

  async #start(options: ListenOptions): Promise<this> {
    const address = addressOf(options);
    const bound = await bind(address, options).catch((error) => {
      throw nameAddress(error, address);
    });
    const listener: InheritedListener = {
      fd: bound.fd,
      name: bound.name,
      family: bound.family,
      protocol: options.protocol ?? 'uwsgi',
    };
    this.#bound = bound;
    this.#file = fileOf(address, bound);
    this.#server = new ThreadServer(this.#application, {
      listeners: [listener],
      settings: this.#settings,
      core: 0,
      constants: {
        multithread: false,
        multiprocess: false,
        version: packageVersion(),
        node: hostname(),
        errors: errorStream,
      },
      tracing: new Tracing(findOpenTelemetry([process.cwd(), fileURLToPath(packageRoot)])),
    });
    // Not uWebSockets.js: what embeds us must be able to end without ending its process.
    await this.#server.startHttp([listener], 'node:http');
    this.#server.keepAlive(this.#staysAlive);
    return this;
  }

  /** Where it listens; null before `listen()` and after `close()`. */
  address(): Address | null {
    if (this.#bound === null) return null;
    const { name, family } = this.#bound;
    if (family === 'unix') return name;
    const colon = name.lastIndexOf(':');
    const address = name.slice(0, colon).replace(/^\[|\]$/g, '');
    return { address, family: family === 'inet6' ? 'IPv6' : 'IPv4', port: Number(name.slice(colon + 1)) };
  }

  /** Accepts no more, and resolves when the requests that run are answered. */
  async close(): Promise<void> {
    const [server, bound] = [this.#server, this.#bound];
    this.#server = this.#bound = null;
    this.#listens = false;
    if (server === null || bound === null) return;
    await server.drain();
    server.close();
    native.closeFd(bound.fd);
    this.#removeFile();
  }

  /** The program may end while this server listens. */
  unref(): this {
    return this.#keepAlive(false);
  }

  ref(): this {
    return this.#keepAlive(true);
  }

  async [Symbol.asyncDispose ?? Symbol('asyncDispose')](): Promise<void> {
    await this.close();
  }

  #keepAlive(wanted: boolean): this {
    this.#staysAlive = wanted;
    this.#server?.keepAlive(wanted);
    return this;
  }

  /** Another server may have put its own socket there since. */
  #removeFile(): void {
    const file = this.#file;
    this.#file = null;
    if (file !== null && inodeOf(file.path) === file.inode) unlinkSync(file.path);
  }
}

/** A server for `application`, which does not listen yet. */
export function createServer(application: Application, options: ServerOptions = {}): Server {
  return new Server(application, options);
}

function addressOf({ socket, host = '127.0.0.1', port }: ListenOptions): string {
  if (socket !== undefined) return socket.startsWith('@') ? socket : resolve(socket);
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function bind(
  address: string,
  { backlog = 4096, mode = null }: { backlog?: number; mode?: number | null },
): Promise<BoundListener> {
  try {
    return native.bindListener(address, { backlog, mode });
  } catch (error) {
    const inUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    if (!inUse || !address.startsWith('/') || !(await isAbandoned(address))) throw error;
    unlinkSync(address);
    return native.bindListener(address, { backlog, mode });
  }
}

/** A socket that a killed server left behind. */
function isAbandoned(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      settle(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => settle(error.code === 'ECONNREFUSED'));
  });
}

function fileOf(address: string, { family }: BoundListener): { path: string; inode: number } | null {
  const inode = family === 'unix' && address.startsWith('/') ? inodeOf(address) : null;
  return inode === null ? null : { path: address, inode };
}

function inodeOf(path: string): number | null {
  return lstatSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

/**
 * What `net.Socket` has beside its stream, for a connection without a descriptor: the addresses, which the environ knows;
 * a limit of silence; switches of a descriptor, which do nothing.
 */
import type { Environ } from '../wsgi/types.js';
import { LateDuplex } from './late-duplex.js';

export abstract class NetSocket extends LateDuplex {
  declare readonly connecting: boolean;
  declare readonly pending: boolean;

  static {
    Object.assign(NetSocket.prototype, { connecting: false, pending: false });
  }

  readonly #environ: Environ;
  #timeout = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(environ: Environ) {
    super();
    this.#environ = environ;
    // As a TLS socket has it: frameworks read it for `req.protocol` and secure cookies.
    if (environ['wsgi.url_scheme'] === 'https') Object.assign(this, { encrypted: true });
  }

  /** There was silence for as long as `setTimeout` said. */
  protected abstract timedOut(): void;

  get remoteAddress(): string | undefined {
    return textOf(this.#environ.REMOTE_ADDR);
  }
  get remotePort(): number | undefined {
    return numberOf(this.#environ.REMOTE_PORT);
  }
  get remoteFamily(): string | undefined {
    return familyOf(this.remoteAddress);
  }
  get localAddress(): string | undefined {
    return textOf(this.#environ.SERVER_ADDR);
  }
  get localPort(): number | undefined {
    return numberOf(this.#environ.SERVER_PORT);
  }
  get localFamily(): string | undefined {
    return familyOf(this.localAddress);
  }
  /** RFC 9112, section 3.3: the authority of a URL where the client names none, as HTTP/1.0 may: `example.org:8080`. */
  get serverName(): string {
    const { SERVER_NAME: name, SERVER_PORT: port, 'wsgi.url_scheme': scheme } = this.#environ;
    // nginx's default name is '', and one that is a pattern begins with ~.
    const host = typeof name === 'string' && /^[\w.-]+$/.test(name) ? name : 'localhost';
    return port === undefined || port === '' || port === (scheme === 'https' ? '443' : '80')
      ? host
      : `${host}:${port}`;
  }
  get readyState(): string {
    if (this.readable && this.writable) return 'open';
    if (this.readable) return 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }
  get timeout(): number {
    return this.#timeout;
  }

  address(): { address?: string; family?: string; port?: number } {
    const { localAddress: address, localFamily: family, localPort: port } = this;
    return address === undefined ? {} : { address, family: family!, ...(port !== undefined && { port }) };
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  /** Of silence in milliseconds; 0: none. Then what node:http does: `timeout` is emitted, or the connection ends. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timeout = milliseconds;
    this.#timer = milliseconds > 0 ? setTimeout(() => this.timedOut(), milliseconds) : null;
    if (callback !== undefined) {
      if (milliseconds > 0) this.once('timeout', callback);
      else this.removeListener('timeout', callback);
    }
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  /** Bytes have come or gone. */
  protected breakSilence(): void {
    this.#timer?.refresh();
  }

  protected stopWaiting(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined;
}

function familyOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

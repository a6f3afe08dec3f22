/** A response through node:http. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Chunk } from '../wsgi/types.js';
import { Exchange } from './exchange.js';
import type { PlannedHead } from './planned-head.js';
import type { Traffic } from './traffic.js';

/** What a refused client may still send, bytes and milliseconds. */
const LINGER_BYTES = 1_048_576;
const LINGER_TIME = 2_000;

const ascii = /^[\t\x20-\x7e]*$/;

export class NodeExchange extends Exchange {
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  readonly #timeout: number;
  #lingering = false;

  /** @param timeout seconds that a peer may take to read nothing of what waits for it */
  constructor(traffic: Traffic, request: IncomingMessage, response: ServerResponse, timeout: number) {
    super(traffic, request.method!);
    this.#response = response;
    this.#socket = request.socket;
    this.#timeout = timeout * 1_000;
    response.on('finish', () => {
      // Node says so too when it throws away what it could not send.
      if (!this.#socket.destroyed) this.settle();
    });
    response.on('close', () => this.peerGone());
  }

  /**
   * Closing a socket with unread bytes resets it, and a reset overtakes the response: a client that is still sending
   * would never read its 413. So what it sends is thrown away for a while, and the connection kept if that was all.
   */
  linger(request: IncomingMessage): void {
    this.#lingering = true;
    let left = LINGER_BYTES;
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_TIME);
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) this.#socket.destroy();
    });
    request.on('close', () => clearTimeout(timer));
  }

  protected override sendHead(plan: PlannedHead): void {
    this.#writeHead(plan, plan.length);
    this.#response.end();
  }

  protected override sendWhole(plan: PlannedHead, body: Chunk): void {
    const isAscii = this.#writeHead(plan, typeof body === 'string' ? Buffer.byteLength(body) : body.length);
    // Node puts a head and a string that follows it into one string, which goes as UTF-8.
    this.#response.end(isAscii ? body : Buffer.from(body as Uint8Array));
    this.#watchReader();
  }

  protected override startStream(plan: PlannedHead): void {
    this.#writeHead(plan, plan.length);
    this.#response.flushHeaders();
    this.#response.on('drain', () => {
      this.#socket.setTimeout(0);
      this.drained();
    });
  }

  protected override sendChunk(bytes: Uint8Array): boolean {
    const room = this.#response.write(bytes);
    if (!room) this.#watchReader();
    return room;
  }

  protected override finishStream(): void {
    this.#response.end();
    this.#watchReader();
  }

  protected override reset(): void {
    // Without a length or chunks (HTTP/1.0) only a reset tells a broken response from a complete one.
    if (this.#socket.remoteFamily !== undefined) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** Whether all of it is ASCII. */
  #writeHead(plan: PlannedHead, length: number | null): boolean {
    const fields: string[] = [];
    let isAscii = ascii.test(plan.status);
    for (const [name, value] of plan.headers) {
      fields.push(name, value);
      isAscii &&= ascii.test(value);
    }
    if (length !== null) fields.push('Content-Length', String(length));
    if ((plan.close && !this.#lingering) || this.traffic.closing) this.#response.shouldKeepAlive = false;
    this.#response.writeHead(plan.code, plan.status.slice(4), fields);
    return isAscii;
  }

  /** Node measures progress: a slow reader stays, one that reads nothing at all is given up. */
  #watchReader(): void {
    if (this.#response.writableLength + this.#socket.writableLength > 0)
      this.#socket.setTimeout(this.#timeout);
  }
}

/**
 * A response through uWebSockets.js. Its rules, found by trying: everything is written inside a cork; after the last byte
 * or an abort the response object must not be touched; whoever leaves the handler unanswered must have set `onAborted`.
 */
import type { Chunk, ResponseHead } from '../wsgi/types.js';
import { Exchange } from './exchange.js';
import { type PlannedHead, planHead } from './planned-head.js';
import type { Traffic } from './traffic.js';
import type { UwsResponse } from './uws-api.js';

/** A planned head as bytes, for `writeStatus`, which puts `HTTP/1.1 ` before it and a line end behind it. */
interface WireHead extends PlannedHead {
  wire: Buffer;
}

/** A larger body is sent from where it lies; the engine would copy what the peer does not take at once. */
const LARGE = 16_384;
/** A chunk goes out in pieces of this size, because the engine copies and keeps the one that did not fit. */
const PIECE = 32_768;

const nothing = () => {};

export class UwsExchange extends Exchange {
  readonly #response: UwsResponse;
  /** Inside the engine's own callback, which corks. */
  #corked = true;
  #watching = false;
  /** Length of a body whose length is known; -1: chunked. */
  #total = -1;
  #sent = 0;
  #waiting: Uint8Array[] = [];
  #ending = false;
  #lingering = false;

  constructor(traffic: Traffic, response: UwsResponse, method: string) {
    super(traffic, method);
    this.#response = response;
  }

  /** To be called at the end of every callback of the engine that may have begun this response. */
  leaveCallback(): void {
    this.#corked = false;
    if (!this.settled) this.watchPeer();
  }

  enterCallback(): void {
    this.#corked = true;
  }

  watchPeer(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#response.onAborted(() => this.peerGone());
  }

  /**
   * The refused client is still sending, and a close would overtake the response. The engine throws the rest away, for
   * at most ten seconds.
   */
  linger(): void {
    this.#lingering = true;
  }

  get response(): UwsResponse {
    return this.#response;
  }

  protected override plan(head: ResponseHead): WireHead {
    return wireHead(head);
  }

  protected override sendHead(plan: WireHead): void {
    this.#cork(() => {
      // Not endWithoutBody(length): the engine takes the response for unfinished then, and ends the process.
      const length = plan.length === null ? '' : `\r\nContent-Length: ${plan.length}`;
      this.#response.writeStatus(this.#withClose(plan, length)).endWithoutBody();
      this.settle();
    });
  }

  protected override sendWhole(plan: WireHead, body: Chunk): void {
    if (body.length <= LARGE) this.#sendSmall(plan, body);
    else this.#sendLarge(plan, typeof body === 'string' ? Buffer.from(body) : body);
  }

  #sendLarge(plan: WireHead, bytes: Uint8Array): void {
    this.#ending = true;
    this.#cork(() => {
      this.#begin(plan, bytes.length);
      this.blocked = !this.#transfer(bytes);
    });
  }

  #sendSmall(plan: WireHead, body: Chunk): void {
    const close = (plan.close || this.traffic.closing) && !this.#lingering;
    if (this.#corked) this.#response.writeStatus(plan.wire).end(body, close);
    else this.#response.cork(() => this.#response.writeStatus(plan.wire).end(body, close));
    this.settle();
  }

  protected override startStream(plan: WireHead): void {
    this.#cork(() => this.#begin(plan, plan.length ?? -1));
  }

  protected override sendChunk(bytes: Uint8Array): boolean {
    if (this.blocked) {
      this.#waiting.push(bytes);
      return false;
    }
    let room = true;
    this.#cork(() => {
      room = this.#transfer(bytes);
    });
    return room;
  }

  protected override finishStream(): void {
    if (this.blocked) {
      this.#ending = true;
      return;
    }
    // With a known length the engine has completed the response with its last byte; with none to send, nobody has.
    if (this.#total <= 0) this.#cork(() => this.#response.end());
    this.settle();
  }

  protected override reset(): void {
    this.#response.close();
  }

  #begin(plan: WireHead, total: number): void {
    this.#total = total;
    this.#response.writeStatus(this.#withClose(plan, ''));
    // Without it the engine drains by itself, but then also closes whatever is silent for ten seconds afterwards.
    this.#response.onWritable(() => this.#onWritable());
  }

  #withClose(plan: WireHead, more: string): Buffer {
    const text = plan.close || this.traffic.closing ? `${more}\r\nConnection: close` : more;
    return text === '' ? plan.wire : Buffer.concat([plan.wire, Buffer.from(text)]);
  }

  /** Hands over one chunk; false where some of it waits, here or in the engine. */
  #transfer(bytes: Uint8Array): boolean {
    return this.#total >= 0 ? this.#transferCounted(bytes) : this.#transferChunked(bytes);
  }

  #transferCounted(bytes: Uint8Array): boolean {
    const [ok, complete] = this.#response.tryEnd(bytes, this.#total);
    if (complete) {
      this.settle();
      return true;
    }
    const taken = ok ? bytes.length : this.#response.getWriteOffset() - this.#sent;
    this.#sent += taken;
    if (taken < bytes.length) this.#waiting.unshift(bytes.subarray(taken));
    return ok;
  }

  #transferChunked(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; at += PIECE) {
      if (this.#response.write(bytes.subarray(at, at + PIECE))) continue;
      if (at + PIECE < bytes.length) this.#waiting.unshift(bytes.subarray(at + PIECE));
      return false;
    }
    return true;
  }

  #onWritable(): boolean {
    // An empty cork makes the engine send what it has kept; it would not do so by itself where there is a handler.
    this.#response.cork(nothing);
    while (this.#waiting.length > 0) {
      if (!this.#transfer(this.#waiting.shift()!)) return true;
    }
    this.drained();
    if (this.#ending && !this.blocked && !this.settled) this.finishStream();
    return true;
  }

  #cork(write: () => void): void {
    if (this.#corked) write();
    else this.#response.cork(write);
  }
}

/** The last head: applications answer with the same one again and again, and `wsgi/` keeps its text. */
let last: { text: string; planned: WireHead } | null = null;

function wireHead(head: ResponseHead): WireHead {
  if (last !== null && last.text === head.text) return last.planned;
  const planned = planHead(head);
  let text = planned.status;
  // The engine writes a Date of its own.
  for (const [name, value] of planned.headers) {
    if (name.length !== 4 || name.toLowerCase() !== 'date') text += `\r\n${name}: ${value}`;
  }
  const wired = { ...planned, wire: Buffer.from(text, 'latin1') };
  last = { text: head.text, planned: wired };
  return wired;
}

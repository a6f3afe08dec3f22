/**
 * One request and its response over HTTP, whichever engine carries it: what an engine must not get wrong (framing, a
 * body against its Content-Length, no body after HEAD, who is told when the peer leaves) is decided here, once.
 */
import { hasBody } from '../wsgi/headers.js';
import type { Chunk, Flow, ResponseHead, ResponseSink } from '../wsgi/types.js';
import type { HttpBody } from './body.js';
import { type PlannedHead, planHead } from './planned-head.js';
import type { Traffic } from './traffic.js';

export abstract class Exchange implements ResponseSink {
  /** The peer went away before the response was complete. */
  gone = false;
  /** Complete, given up, or without a peer: nothing more can be sent. */
  protected settled = false;
  /** A write was kept back, and nobody has been told of room since. */
  protected blocked = false;
  /** Bytes the application's Content-Length still promises; Infinity without one. */
  private owed = Number.POSITIVE_INFINITY;
  /** The head of a streamed response whose body may not be sent (HEAD, 204, 304): it goes out at the end. */
  private bodyless: PlannedHead | null = null;
  private body: HttpBody = null;
  private whenDrained: (() => void) | null = null;
  private whenGone: Array<() => void> | null = null;

  constructor(
    protected readonly traffic: Traffic,
    private readonly method: string,
  ) {
    traffic.begin();
  }

  /** Nothing more will be sent. */
  get over(): boolean {
    return this.settled;
  }

  /** The request's body, whose temporary file lives as long as the response. */
  carry(body: HttpBody): void {
    this.body = body;
  }

  respond(head: ResponseHead, body: Chunk | null): void {
    if (this.settled) return;
    const plan = this.plan(head);
    if (body === null || !hasBody(this.method, head.code)) {
      this.sendHead(plan);
    } else if (plan.length === null || plan.length === byteLength(body)) {
      this.sendWhole(plan, body);
    } else {
      this.begin(head, body);
      this.end();
    }
  }

  begin(head: ResponseHead, chunk: Chunk | null): Flow {
    if (this.settled) return 'gone';
    const plan = this.plan(head);
    if (!hasBody(this.method, head.code)) {
      this.bodyless = plan;
      return 'sent';
    }
    if (plan.length !== null) this.owed = plan.length;
    this.startStream(plan);
    return chunk === null ? 'sent' : this.write(chunk);
  }

  write(chunk: Chunk): Flow {
    if (this.gone) return 'gone';
    if (this.settled || this.bodyless !== null) return 'sent';
    let bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    // What exceeds Content-Length would be read as the next response.
    if (bytes.length > this.owed) bytes = bytes.subarray(0, this.owed);
    if (bytes.length === 0) return 'sent';
    this.owed -= bytes.length;
    if (!this.sendChunk(bytes)) this.blocked = true;
    return this.blocked ? 'full' : 'sent';
  }

  end(): void {
    if (this.settled) return;
    if (this.bodyless !== null) this.sendHead(this.bodyless);
    else if (this.owed > 0 && this.owed !== Number.POSITIVE_INFINITY) this.abort();
    else this.finishStream();
  }

  abort(): void {
    if (this.settled) return;
    this.settle();
    this.reset();
  }

  onDrain(callback: () => void): void {
    if (this.blocked && !this.settled) this.whenDrained = callback;
    else queueMicrotask(callback);
  }

  onGone(callback: () => void): void {
    if (this.gone) callback();
    else {
      this.whenGone ??= [];
      this.whenGone.push(callback);
    }
  }

  /** Head without a body; the application's Content-Length is kept. */
  protected abstract sendHead(plan: PlannedHead): void;
  /** Head and all of the body, whose length is what the head says if it says one. */
  protected abstract sendWhole(plan: PlannedHead, body: Chunk): void;
  protected abstract startStream(plan: PlannedHead): void;
  /** Takes a chunk that is not empty. False: no room for another one yet; `drained` tells. */
  protected abstract sendChunk(bytes: Uint8Array): boolean;
  /** Every byte the head promised has been handed to `sendChunk`. */
  protected abstract finishStream(): void;
  /** Ends the connection so that the peer cannot take the response for complete. */
  protected abstract reset(): void;

  protected plan(head: ResponseHead): PlannedHead {
    return planHead(head);
  }

  protected drained(): void {
    this.blocked = false;
    const callback = this.whenDrained;
    this.whenDrained = null;
    callback?.();
  }

  protected peerGone(): void {
    if (this.settled) return;
    this.gone = true;
    this.settle();
    for (const callback of this.whenGone ?? []) callback();
    this.drained();
  }

  /** Ends the bookkeeping of this request, whatever became of it. */
  protected settle(): void {
    if (this.settled) return;
    this.settled = true;
    if (this.body !== null && !Buffer.isBuffer(this.body)) this.body.close(this.gone);
    this.traffic.finish();
  }
}

function byteLength(body: Chunk): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

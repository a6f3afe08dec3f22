/**
 * The response to a request that came in through the engine (wsgi/types.ts, ResponseSink).
 */
import { type NativeEngine, Written } from '../native.js';
import type { Chunk, Flow, ResponseHead, ResponseSink } from '../wsgi/types.js';
import type { SignalSource } from './environ.js';

/** Told when a response is over; null where nobody wants to know. */
export type Finished = (head: ResponseHead | null, bytes: number) => void;

export class NativeSink implements ResponseSink, SignalSource {
  /** Nothing may be asked of the connection any more: its number can already be another request's. */
  over = false;
  gone = false;
  /** Reads the body, where it streams; told of data by the server. */
  onData: ((chunk: Buffer | null) => void) | null = null;

  /** What the status line begins with: the version of the request, as uWSGI's does. */
  version = 'HTTP/1.1 ';
  finished: Finished | null = null;

  private drained: (() => void) | null = null;
  private controller: AbortController | null = null;
  private goneCallbacks: Array<() => void> | null = null;
  private head: ResponseHead | null = null;
  private bytes = 0;

  constructor(
    private readonly engine: NativeEngine,
    readonly connection: number,
  ) {}

  /** `uwsgi.signal` */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.gone) this.controller.abort();
    }
    return this.controller.signal;
  }

  respond(head: ResponseHead, body: Chunk | null): void {
    if (this.over) return;
    this.over = true;
    this.engine.respond(this.connection, `${this.version}${head.text}\r\n`, body);
    if (this.finished !== null) this.finished(head, sizeOf(body));
  }

  begin(head: ResponseHead, chunk: Chunk | null): Flow {
    this.head = head;
    return this.send(`${this.version}${head.text}\r\n`, chunk);
  }

  write(chunk: Chunk): Flow {
    return this.send(null, chunk);
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    this.engine.finish(this.connection);
    this.finished?.(this.head, this.bytes);
  }

  abort(): void {
    if (this.over) return;
    this.over = true;
    this.engine.abort(this.connection);
    this.finished?.(this.head, this.bytes);
  }

  onDrain(callback: () => void): void {
    if (this.over) setImmediate(callback);
    else this.drained = callback;
  }

  onGone(callback: () => void): void {
    if (this.gone) setImmediate(callback);
    else if (this.goneCallbacks === null) this.goneCallbacks = [callback];
    else this.goneCallbacks.push(callback);
  }

  /** The engine: the socket takes more. */
  writable(): void {
    const drained = this.drained;
    this.drained = null;
    drained?.();
  }

  /** The engine, or a failed write: the peer is gone. */
  lose(): void {
    if (this.gone) return;
    const answered = this.over;
    this.gone = this.over = true;
    if (!answered) this.finished?.(this.head, this.bytes);
    this.controller?.abort();
    this.onData?.(null);
    this.writable();
    for (const callback of this.goneCallbacks ?? []) callback();
  }

  private send(head: string | null, chunk: Chunk | null): Flow {
    if (this.over) return 'gone';
    switch (this.engine.write(this.connection, head, chunk)) {
      case Written.done:
        this.bytes += sizeOf(chunk);
        return 'sent';
      case Written.again:
        this.bytes += sizeOf(chunk);
        return 'full';
      default:
        this.lose();
        return 'gone';
    }
  }
}

export function sizeOf(chunk: Chunk | null): number {
  if (chunk === null) return 0;
  return typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
}

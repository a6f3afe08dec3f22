/**
 * The response to a request that came in through the engine (wsgi/types.ts, ResponseSink).
 */

import { Buffer } from 'node:buffer';
import type { Ending } from '../log/request-line.js';
import type { EndOfRequest } from '../log/request-log.js';
import { type NativeEngine, Written } from '../native.js';
import type { BodySource } from '../wsgi/body-source.js';
import type { ErrorPage } from '../wsgi/call.js';
import type { Chunk, Environ, Flow, RawSink, ResponseHead, ResponseSink } from '../wsgi/types.js';
import { EngineBody } from './engine-body.js';
import type { SignalSource } from './environ.js';

/** `HTTP/1.1 ` before what a head's text says, CRLF behind it. */
const versionAndEmptyLine = 11;

/** What only a response that is not over at once needs. */
class Waiting {
  onData: ((chunk: Buffer | null) => void) | null = null;
  drained: (() => void) | null = null;
  controller: AbortController | null = null;
  head: ResponseHead | null = null;
  bytes = 0;
}

/** Made for every request, so it is small: the rest is in `Waiting`. */
export class NativeSink implements ResponseSink, RawSink, SignalSource {
  /** Nothing may be asked of the connection any more: its number can already be another request's. */
  over = false;
  gone = false;
  /** The request says HTTP/1.0: the status line repeats the version, as uWSGI's does. */
  http10 = false;
  /** Told when the response is over; null where nobody wants to know. */
  finished: EndOfRequest | null = null;
  /** While the response is not over after the application's call. */
  environ: Environ | null = null;
  #begun = false;
  #whenGone: (() => void) | null = null;
  #waiting: Waiting | null = null;

  constructor(
    private readonly engine: NativeEngine,
    readonly connection: number,
  ) {}

  get #rest(): Waiting {
    this.#waiting ??= new Waiting();
    return this.#waiting;
  }

  /** `uwsgi.signal` */
  get signal(): AbortSignal {
    const rest = this.#rest;
    if (rest.controller === null) {
      rest.controller = new AbortController();
      if (this.gone) rest.controller.abort();
    }
    return rest.controller.signal;
  }

  respond(head: ResponseHead, body: Chunk | null): void {
    if (this.over) return;
    this.over = true;
    this.environ = null;
    if (this.http10) this.engine.respond(this.connection, head.text, body, true);
    else this.engine.respond(this.connection, head.text, body);
    if (this.finished !== null) this.#tell(head, sizeOf(body));
    if (this.#waiting !== null || this.#whenGone !== null) this.#letGo();
  }

  sendFile(head: ResponseHead, fd: number, from?: number): boolean {
    if (this.over) return false;
    const text = `${this.http10 ? 'HTTP/1.0' : 'HTTP/1.1'} ${head.text}\r\n`;
    const size = this.engine.sendFile(this.connection, text, fd, from ?? -1, head.contentLength ?? -1);
    if (size < 0) return false;
    this.over = true;
    this.#tell(head, size, 'file');
    this.#letGo();
    return true;
  }

  begin(head: ResponseHead, chunk: Chunk | null): Flow {
    this.#rest.head = head;
    return this.#send(`${this.http10 ? 'HTTP/1.0' : 'HTTP/1.1'} ${head.text}\r\n`, chunk);
  }

  write(chunk: Chunk): Flow {
    return this.#send(null, chunk);
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    this.engine.finish(this.connection);
    this.#tell(this.#rest.head, this.#rest.bytes);
    this.#letGo();
  }

  abort(): void {
    if (this.over) return;
    this.over = true;
    this.engine.abort(this.connection);
    this.#tell(this.#rest.head, this.#rest.bytes, 'broken');
    this.#letGo();
  }

  onDrain(callback: () => void): void {
    if (this.over) setImmediate(callback);
    else this.#rest.drained = callback;
  }

  onGone(callback: () => void): void {
    const before = this.#whenGone;
    if (this.gone) setImmediate(callback);
    else if (before === null) this.#whenGone = callback;
    else {
      this.#whenGone = () => {
        before();
        callback();
      };
    }
  }

  /** The head has gone out, and the response is not complete. */
  get begun(): boolean {
    const waiting = this.#waiting;
    return waiting !== null && (waiting.head !== null || waiting.bytes > 0);
  }

  get raw(): RawSink {
    return this;
  }

  writeRaw(latin1: string | null, chunk: Chunk | null): Flow {
    if (this.finished !== null && latin1 !== null) this.#rest.bytes += latin1.length;
    return this.#send(latin1, chunk);
  }

  endRaw(latin1: string | null, chunk: Chunk | null, describe: () => ResponseHead): Flow {
    if (this.over) return 'gone';
    this.over = true;
    let written: number = Written.done;
    if (latin1 === null && chunk === null) this.engine.finish(this.connection);
    else written = this.engine.write(this.connection, latin1, chunk, true);
    if (this.finished !== null) {
      const head = describe();
      const sent = (this.#waiting?.bytes ?? 0) + (latin1?.length ?? 0) + sizeOf(chunk);
      this.#tell(head, Math.max(0, sent - versionAndEmptyLine - head.text.length));
    }
    this.#letGo();
    return written === Written.dead ? 'gone' : 'sent';
  }

  upgrade(): BodySource | null {
    if (!this.engine.upgrade(this.connection)) return null;
    return new EngineBody(this.engine, this, null);
  }

  /** Nobody will complete this response: this page where nothing was sent, else an end that shows. The application is told. */
  fail({ head, body }: ErrorPage): void {
    if (this.over) return;
    const controller = this.#waiting?.controller;
    const whenGone = this.#whenGone;
    if (this.#begun) this.abort();
    else this.respond(head, body);
    this.gone = true;
    controller?.abort();
    whenGone?.();
  }

  /** Calls back once, with the next chunk of a streamed body or its end (null). */
  onData(callback: (chunk: Buffer | null) => void): void {
    this.#rest.onData = callback;
  }

  /** The engine: a chunk that was asked for. */
  data(chunk: Buffer | null): void {
    const onData = this.#rest.onData;
    this.#rest.onData = null;
    onData?.(chunk);
  }

  /** The engine: the socket takes more. */
  writable(): void {
    const drained = this.#rest.drained;
    this.#rest.drained = null;
    drained?.();
  }

  /**
   * The engine, or a failed write: the peer is gone.
   * @param answer what the engine has told it instead of a response, for the log
   */
  lose(answer: ResponseHead | null = null): void {
    if (this.gone) return;
    const answered = this.over;
    this.gone = this.over = true;
    const { head, bytes, controller, onData } = this.#rest;
    if (!answered) this.#tell(head ?? answer, bytes, onData === null ? 'left' : 'left-sending');
    controller?.abort();
    this.data(null);
    this.writable();
    this.#whenGone?.();
    this.#letGo();
  }

  #tell(head: ResponseHead | null, bytes: number, ending: Ending = 'sent'): void {
    const finished = this.finished;
    this.finished = null;
    finished?.(head, bytes, ending);
  }

  /**
   * The response is over. Who still waits for a piece of the request's body hears that none comes; the rest can be
   * collected, though the server keeps the sink until its connection's number is used again.
   */
  #letGo(): void {
    const onData = this.#waiting?.onData ?? null;
    this.#waiting = null;
    this.environ = null;
    this.#whenGone = null;
    if (onData !== null) setImmediate(onData, null);
  }

  #send(head: string | null, chunk: Chunk | null): Flow {
    if (this.over) return 'gone';
    this.#begun = true;
    const written = this.engine.write(this.connection, head, chunk);
    if (written === Written.dead) {
      this.lose();
      return 'gone';
    }
    if (this.finished !== null) this.#rest.bytes += sizeOf(chunk);
    return written === Written.done ? 'sent' : 'full';
  }
}

export function sizeOf(chunk: Chunk | null): number {
  if (chunk === null) return 0;
  return typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
}

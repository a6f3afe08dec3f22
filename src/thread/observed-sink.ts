/**
 * What the HTTP front's sinks do not do themselves: `uwsgi.signal` on first touch, and the request log.
 */
import type { Ending } from '../log/request-line.js';
import type { EndOfRequest } from '../log/request-log.js';
import type { ErrorPage } from '../wsgi/call.js';
import type { Chunk, Flow, ResponseHead, ResponseSink } from '../wsgi/types.js';
import type { SignalSource } from './environ.js';
import { sizeOf } from './native-sink.js';

export class LazySignal implements SignalSource {
  #controller: AbortController | null = null;
  readonly #onGone: (abort: () => void) => void;

  constructor(onGone: (abort: () => void) => void) {
    this.#onGone = onGone;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      const controller = new AbortController();
      this.#controller = controller;
      this.#onGone(() => controller.abort());
    }
    return this.#controller.signal;
  }
}

/** What a request is answered through; `fail` gives it up from outside (uncaught.ts). */
export type Answer = ResponseSink & { fail(page: ErrorPage): void };

/** Counts what goes through, and tells once when the response is over. */
export class LoggedSink implements ResponseSink {
  readonly #inner: ResponseSink;
  #finished: EndOfRequest | null;
  #head: ResponseHead | null = null;
  #bytes = 0;

  /** The peer has gone, or the request was given up: who still writes is told that nobody reads. */
  #gone = false;
  readonly #goneCallbacks: Array<() => void> = [];

  constructor(inner: ResponseSink, finished: EndOfRequest) {
    this.#inner = inner;
    this.#finished = finished;
    inner.onGone(() => {
      this.#finish('left');
      this.#lose();
    });
  }

  /** Nobody will complete this response: this page where nothing was sent, else an end that shows. The application is told. */
  fail({ head, body }: ErrorPage): void {
    if (this.#finished === null) return;
    if (this.#head === null) this.respond(head, body);
    else this.abort();
    this.#lose();
  }

  respond(head: ResponseHead, body: Chunk | null): void {
    if (this.#gone) return;
    this.#head = head;
    this.#bytes = sizeOf(body);
    this.#inner.respond(head, body);
    this.#finish();
  }

  begin(head: ResponseHead, chunk: Chunk | null): Flow {
    if (this.#gone) return 'gone';
    this.#head = head;
    this.#bytes += sizeOf(chunk);
    return this.#inner.begin(head, chunk);
  }

  write(chunk: Chunk): Flow {
    if (this.#gone) return 'gone';
    this.#bytes += sizeOf(chunk);
    return this.#inner.write(chunk);
  }

  end(): void {
    if (this.#gone) return;
    this.#inner.end();
    this.#finish();
  }

  abort(): void {
    if (this.#gone) return;
    this.#inner.abort();
    this.#finish('broken');
  }

  onDrain(callback: () => void): void {
    if (this.#gone) setImmediate(callback);
    else this.#inner.onDrain(callback);
  }

  onGone(callback: () => void): void {
    if (this.#gone) setImmediate(callback);
    else this.#goneCallbacks.push(callback);
  }

  #lose(): void {
    this.#gone = true;
    for (const callback of this.#goneCallbacks.splice(0)) callback();
  }

  #finish(ending: Ending = 'sent'): void {
    const finished = this.#finished;
    this.#finished = null;
    finished?.(this.#head, this.#bytes, ending);
  }
}

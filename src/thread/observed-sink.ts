/**
 * What the HTTP front's sinks do not do themselves: `uwsgi.signal` on first touch, and the request log.
 */
import type { Chunk, Flow, ResponseHead, ResponseSink } from '../wsgi/types.js';
import type { SignalSource } from './environ.js';
import { type Finished, sizeOf } from './native-sink.js';

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

/** Counts what goes through, and tells once when the response is over. */
export class LoggedSink implements ResponseSink {
  readonly #inner: ResponseSink;
  #finished: Finished | null;
  #head: ResponseHead | null = null;
  #bytes = 0;

  constructor(inner: ResponseSink, finished: Finished) {
    this.#inner = inner;
    this.#finished = finished;
    inner.onGone(() => this.#finish());
  }

  respond(head: ResponseHead, body: Chunk | null): void {
    this.#head = head;
    this.#bytes = sizeOf(body);
    this.#inner.respond(head, body);
    this.#finish();
  }

  begin(head: ResponseHead, chunk: Chunk | null): Flow {
    this.#head = head;
    this.#bytes += sizeOf(chunk);
    return this.#inner.begin(head, chunk);
  }

  write(chunk: Chunk): Flow {
    this.#bytes += sizeOf(chunk);
    return this.#inner.write(chunk);
  }

  end(): void {
    this.#inner.end();
    this.#finish();
  }

  abort(): void {
    this.#inner.abort();
    this.#finish();
  }

  onDrain(callback: () => void): void {
    this.#inner.onDrain(callback);
  }

  onGone(callback: () => void): void {
    this.#inner.onGone(callback);
  }

  #finish(): void {
    const finished = this.#finished;
    this.#finished = null;
    finished?.(this.#head, this.#bytes);
  }
}

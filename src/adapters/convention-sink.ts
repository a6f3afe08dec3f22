/**
 * A sink that is really another application's environ and startResponse: what comes in becomes the iterable that a WSGI
 * application returns. For handlers behind middleware, where no sink of the server's is at hand.
 */
import type { Chunk, Environ, Flow, ResponseHead, ResponseSink, StartResponse } from '../wsgi/types.js';

/** Chunks are held for the reader of the body up to this many bytes; then the writer waits. */
const highWater = 65536;

export class ConventionSink implements ResponseSink {
  readonly #startResponse: StartResponse;
  readonly #chunks: Chunk[] = [];
  #held = 0;
  #state: 'open' | 'ended' | 'aborted' | 'gone' = 'open';
  #failure: unknown = null;
  #reader: (() => void) | null = null;
  #drained: (() => void) | null = null;
  #gone: Array<() => void> = [];

  constructor(environ: Environ, startResponse: StartResponse) {
    this.#startResponse = startResponse;
    const signal: AbortSignal | undefined = environ['uwsgi.signal'];
    signal?.addEventListener('abort', () => this.#leave(), { once: true });
  }

  /** What the application returns. */
  async *body(): AsyncGenerator<Chunk> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          this.#held -= chunk.length;
          if (this.#held < highWater) this.#drain();
          yield chunk;
        } else if (this.#state === 'open') {
          await new Promise<void>((resume) => {
            this.#reader = resume;
          });
        } else if (this.#state === 'aborted') {
          throw this.#failure;
        } else {
          return;
        }
      }
    } finally {
      this.#leave();
    }
  }

  respond(head: ResponseHead, body: Chunk | null): void {
    this.begin(head, body);
    this.end();
  }

  begin(head: ResponseHead, chunk: Chunk | null): Flow {
    this.#startResponse(head.status, head.headers);
    return chunk === null ? 'sent' : this.write(chunk);
  }

  write(chunk: Chunk): Flow {
    if (this.#state !== 'open') return 'gone';
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    this.#wake();
    return this.#held < highWater ? 'sent' : 'full';
  }

  end(): void {
    this.#close('ended');
  }

  abort(reason: unknown = new Error('the response was broken off')): void {
    this.#failure = reason;
    this.#close('aborted');
  }

  onDrain(callback: () => void): void {
    if (this.#state !== 'open' || this.#held < highWater) setImmediate(callback);
    else this.#drained = callback;
  }

  onGone(callback: () => void): void {
    if (this.#state === 'gone') setImmediate(callback);
    else this.#gone.push(callback);
  }

  #close(state: 'ended' | 'aborted'): void {
    if (this.#state === 'open') this.#state = state;
    this.#wake();
  }

  /** Nobody reads the body any more. */
  #leave(): void {
    if (this.#state !== 'open') return;
    this.#state = 'gone';
    this.#wake();
    this.#drain();
    for (const callback of this.#gone.splice(0)) callback();
  }

  #wake(): void {
    const reader = this.#reader;
    this.#reader = null;
    reader?.();
  }

  #drain(): void {
    const drained = this.#drained;
    this.#drained = null;
    drained?.();
  }
}

/**
 * A response that goes nowhere: it keeps what it is given, takes chunks as slowly as the test wants, and loses its peer
 * when told to. It holds its caller to the order that src/wsgi/types.ts promises every sink.
 */
import type { Chunk, Flow, ResponseHead, ResponseSink } from '../../../src/wsgi/types.js';

export class FakeSink implements ResponseSink {
  /** `begin`, `write abc`, `end`, …: what was called, in order. */
  readonly calls: string[] = [];
  head: ResponseHead | null = null;
  /** Bytes of body; null: a response that has none by nature (HEAD, 204, 304). */
  body: Buffer | null = Buffer.alloc(0);
  state: 'fresh' | 'begun' | 'complete' | 'aborted' = 'fresh';
  gone = false;
  /** Answers `full` to every chunk while set. */
  slow = false;
  /** Resolves when the response is complete, aborted, or without a peer. */
  readonly over: Promise<void>;

  #resolve!: () => void;
  #drained: (() => void) | null = null;
  readonly #goneCallbacks: Array<() => void> = [];

  constructor() {
    this.over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  respond(head: ResponseHead, body: Chunk | null): void {
    this.#expect('fresh', `respond ${head.code}`);
    this.head = head;
    this.body = body === null ? null : Buffer.from(body as string);
    this.#finish('complete');
  }

  begin(head: ResponseHead, chunk: Chunk | null): Flow {
    this.#expect('fresh', `begin ${head.code}`);
    this.state = 'begun';
    this.head = head;
    return this.#take(chunk ?? '');
  }

  write(chunk: Chunk): Flow {
    this.#expect('begun', `write ${chunk}`);
    return this.#take(chunk);
  }

  end(): void {
    this.#expect('begun', 'end');
    this.#finish('complete');
  }

  abort(): void {
    this.calls.push('abort');
    this.#finish('aborted');
  }

  onDrain(callback: () => void): void {
    if (this.#drained !== null) throw new Error('onDrain was called while an earlier callback still waits');
    this.#drained = callback;
    if (this.gone) setImmediate(() => this.drain());
  }

  onGone(callback: () => void): void {
    if (this.gone) setImmediate(callback);
    else this.#goneCallbacks.push(callback);
  }

  /** A caller waits for room. */
  get waits(): boolean {
    return this.#drained !== null;
  }

  /** The peer has read everything. */
  drain(): void {
    const drained = this.#drained;
    this.#drained = null;
    drained?.();
  }

  /** The peer goes away. */
  leave(): void {
    this.gone = true;
    this.#resolve();
    this.drain();
    for (const callback of this.#goneCallbacks) callback();
  }

  #take(chunk: Chunk): Flow {
    if (this.gone) return 'gone';
    this.body = Buffer.concat([this.body!, Buffer.from(chunk as string)]);
    return this.slow ? 'full' : 'sent';
  }

  #expect(state: FakeSink['state'], call: string): void {
    this.calls.push(call);
    if (this.state !== state && !this.gone)
      throw new Error(`${call} came while the response was ${this.state}`);
  }

  #finish(state: 'complete' | 'aborted'): void {
    this.state = state;
    this.#resolve();
  }
}

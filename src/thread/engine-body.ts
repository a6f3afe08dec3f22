/** What a peer sends behind the head of its request, read from the engine as it is asked for. */
import type { NativeEngine } from '../native.js';
import type { BodySource } from '../wsgi/body-source.js';

/** The response that goes with the request, as far as its body needs to know. */
export interface Counterpart {
  readonly connection: number;
  readonly over: boolean;
  readonly gone: boolean;
  onGone(callback: () => void): void;
  onData(callback: (chunk: Buffer | null) => void): void;
}

/**
 * Reads chunk by chunk, as the engine gets them. Of a connection that became a pipe this is all there is: its end is that
 * of the peer's side, not a number of bytes.
 */
export class EngineBody implements BodySource {
  constructor(
    protected readonly engine: NativeEngine,
    protected readonly sink: Counterpart,
    readonly length: number | null,
  ) {}

  get aborted(): boolean {
    return this.sink.gone;
  }

  onGone(callback: () => void): void {
    this.sink.onGone(callback);
  }

  read(onChunk: (chunk: Buffer | null) => void): void {
    if (this.sink.over) {
      setImmediate(onChunk, null);
      return;
    }
    this.sink.onData(onChunk);
    this.engine.wantBody(this.sink.connection);
  }
}

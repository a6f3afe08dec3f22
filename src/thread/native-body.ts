/**
 * A request body that is too large to wait for, read from the engine as the application asks for it.
 */
import { applicationErrors } from '../errors.js';
import { type NativeEngine, ReadFailure } from '../native.js';
import type { BodySource } from '../wsgi/body-source.js';
import type { NativeSink } from './native-sink.js';

export class NativeBody implements BodySource {
  constructor(
    private readonly engine: NativeEngine,
    private readonly sink: NativeSink,
    readonly length: number,
    private readonly timeoutSeconds: number,
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

  readSync(max: number): Buffer {
    if (this.sink.over) throw applicationErrors.inputAborted();
    const result = this.engine.readBody(this.sink.connection, max);
    if (typeof result !== 'number') return result;
    throw result === ReadFailure.timeout
      ? applicationErrors.inputTimeout(this.timeoutSeconds)
      : applicationErrors.inputAborted();
  }
}

/** What comes over a connection that became a pipe: ends when the peer ends its side, not after a number of bytes. */
export class UpgradedBody implements BodySource {
  readonly length = null;

  constructor(
    private readonly engine: NativeEngine,
    private readonly sink: NativeSink,
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

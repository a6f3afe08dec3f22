/**
 * A request body that is too large to wait for, read from the engine as the application asks for it.
 */
import { applicationErrors } from '../errors.js';
import { type NativeEngine, ReadFailure } from '../native.js';
import type { BodySource } from '../wsgi/body-source.js';
import type { NativeSink } from './native-sink.js';

/** Bytes; a socket seldom holds more. */
const mostAtOnce = 65536;

/** Reads chunk by chunk, as the engine gets them. */
abstract class EngineBody implements BodySource {
  constructor(
    protected readonly engine: NativeEngine,
    protected readonly sink: NativeSink,
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

/** A body of CONTENT_LENGTH bytes, or that ends some day, which may also be waited for. */
export class NativeBody extends EngineBody {
  constructor(
    engine: NativeEngine,
    sink: NativeSink,
    length: number | null,
    private readonly timeoutSeconds: number,
  ) {
    super(engine, sink, length);
  }

  readSync(max: number): Buffer {
    const target = Buffer.allocUnsafe(Math.min(max, mostAtOnce));
    return target.subarray(0, this.readInto(target, 0));
  }

  readInto(target: Uint8Array, at: number): number {
    if (this.sink.over) throw applicationErrors.inputAborted();
    const count = this.engine.readBody(this.sink.connection, target, at);
    if (count === ReadFailure.timeout) throw applicationErrors.inputTimeout(this.timeoutSeconds);
    if (count === ReadFailure.gone) throw applicationErrors.inputAborted();
    return count;
  }
}

/** What comes over a connection that became a pipe: ends when the peer ends its side, not after a number of bytes. */
export class UpgradedBody extends EngineBody {
  constructor(engine: NativeEngine, sink: NativeSink) {
    super(engine, sink, null);
  }
}

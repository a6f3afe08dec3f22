/**
 * A request body that is too large to wait for, read from the engine as the application asks for it.
 */
import { applicationErrors } from '../errors/application.js';
import { type NativeEngine, ReadFailure } from '../native.js';
import { type Counterpart, EngineBody } from './engine-body.js';

/** Bytes; a socket seldom holds more. */
const mostAtOnce = 65536;

/** A body of CONTENT_LENGTH bytes, or that ends some day, which may also be waited for. */
export class NativeBody extends EngineBody {
  constructor(
    engine: NativeEngine,
    sink: Counterpart,
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

/**
 * A Duplex that is made when somebody asks for what only a made one has. Nearly every request is answered before anybody
 * does, and the two states of a stream are a fifth of what an adapted request costs and allocates.
 *
 * What Node's http classes and the frameworks look at on every request is answered here; everything else on
 * Duplex.prototype reads `_readableState` or `_writableState`, and the first to do so finds a whole stream.
 */
import { EventEmitter } from 'node:events';
import { Duplex } from 'node:stream';

const streamOptions = { decodeStrings: false } as const;
const { writableHighWaterMark, readableHighWaterMark } = new Duplex(streamOptions);

/** Has the prototype of Duplex, and does nothing. */
function nothing(): void {}
nothing.prototype = Duplex.prototype;
const Unmade = nothing as unknown as new () => Duplex;

type Listener = (...values: never[]) => void;

const { on, removeListener } = EventEmitter.prototype as {
  on(this: object, event: string | symbol, listener: Listener): void;
  removeListener(this: object, event: string | symbol, listener: Listener): void;
};

interface State {
  destroyed: boolean;
  closed: boolean;
  closeEmitted: boolean;
  errored: Error | null;
}

interface Made {
  _readableState: State;
  _writableState: State;
}

/** For `_writableState.corked = 1`, by which `OutgoingMessage.end` makes sure that the next uncork is the last. */
const ignored = { corked: 0 };

export abstract class LateDuplex extends Unmade {
  #made = false;
  #gone = false;
  #error: Error | null = null;
  #corked = 0;
  /** Inside the `end` of a response: `_writableState` is asked for in order to uncork, and for nothing else. */
  protected ending = false;

  static {
    const getters: Record<string, (this: LateDuplex) => unknown> = {
      writable() {
        return !this.#gone;
      },
      readable() {
        return !this.#gone;
      },
      destroyed() {
        return this.#gone;
      },
      errored() {
        return this.#error;
      },
      writableCorked() {
        return this.#corked;
      },
      writableHighWaterMark: () => writableHighWaterMark,
      readableHighWaterMark: () => readableHighWaterMark,
    };
    for (const [name, early] of Object.entries(getters)) {
      const late = descriptorOf(name);
      Object.defineProperty(LateDuplex.prototype, name, {
        ...late,
        get(this: LateDuplex) {
          return this.#made ? late.get!.call(this) : early.call(this);
        },
      });
    }
    for (const name of ['_readableState', '_writableState'] as const) {
      Object.defineProperty(LateDuplex.prototype, name, {
        get(this: LateDuplex & Made) {
          if (this.ending && name === '_writableState') return ignored;
          this.#make();
          return this[name];
        },
        set(this: LateDuplex, value: State) {
          Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
        },
        configurable: true,
      });
    }
  }

  override on(event: string | symbol, listener: Listener): this {
    if (event === 'data' || event === 'readable') return super.on(event, listener as () => void);
    on.call(this, event, listener);
    return this;
  }

  override addListener(event: string | symbol, listener: Listener): this {
    return this.on(event, listener);
  }

  override removeListener(event: string | symbol, listener: Listener): this {
    if (event === 'data' || event === 'readable') return super.removeListener(event, listener as () => void);
    removeListener.call(this, event, listener);
    return this;
  }

  override off(event: string | symbol, listener: Listener): this {
    return this.removeListener(event, listener);
  }

  override cork(): void {
    if (this.#made) super.cork();
    else this.#corked += 1;
  }

  override uncork(): void {
    if (this.#made) super.uncork();
    else if (this.#corked > 0) this.#corked -= 1;
  }

  override destroy(error?: Error): this {
    if (this.#made) return super.destroy(error);
    if (this.#gone) return this;
    this.#gone = true;
    this.#error = error ?? null;
    this._destroy(this.#error, () => process.nextTick(emitClose, this, error));
    return this;
  }

  #make(): void {
    this.#made = true;
    Duplex.call(this as never, streamOptions);
    const { _readableState, _writableState } = this as unknown as Made;
    for (; this.#corked > 0; this.#corked -= 1) super.cork();
    if (!this.#gone) return;
    for (const state of [_readableState, _writableState]) {
      state.destroyed = state.closed = state.closeEmitted = true;
      state.errored = this.#error;
    }
  }
}

function descriptorOf(name: string): PropertyDescriptor {
  for (let of: object | null = Duplex.prototype; of !== null; of = Object.getPrototypeOf(of)) {
    const descriptor = Object.getOwnPropertyDescriptor(of, name);
    if (descriptor?.get !== undefined) return descriptor;
  }
  throw new TypeError(`Duplex has no ${name}`);
}

function emitClose(socket: LateDuplex, error: Error | undefined): void {
  if (error) socket.emit('error', error);
  socket.emit('close');
}

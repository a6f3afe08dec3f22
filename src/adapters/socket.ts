/**
 * What an application sees as `req.socket`: a stream without a descriptor. Node's own ServerResponse writes an HTTP/1.1
 * response into it, which goes on to the connection as it is; after an upgrade it is the connection, both ways.
 */
import { AsyncResource } from 'node:async_hooks';
import type { Server, ServerResponse } from 'node:http';
import type { BodySource } from '../wsgi/body-source.js';
import { makeHead } from '../wsgi/headers.js';
import type { Chunk, Environ, Flow } from '../wsgi/types.js';
import { WrittenHead } from './head.js';
import { NetSocket } from './net-socket.js';
import { bytesOf, isLatin1, isUtf8, type Peer, type Written } from './peer.js';
import { endUnread } from './request.js';

type Done = (error?: Error | null) => void;

/** Node's ServerResponse, with what its connection may look at. */
interface Message extends ServerResponse {
  _header: string | null;
  readonly outputSize: number;
}

/** What the request log says of a connection that became a pipe. */
const switchedProtocols = makeHead('101 Switching Protocols', []);

const none: never[] = [];

/**
 * Bytes of a response that is sent together with its end, in one call of the engine: front servers then wake up once. What
 * is larger is followed, so that `finish` tells when it has left.
 */
const mostAtOnce = 65536;

export class PeerSocket extends NetSocket {
  /** The response that is written, as node:http's sockets have it; null after an upgrade. */
  _httpMessage: Message | null = null;
  /** The http.Server that was captured, where there is one. */
  server: Server | null;
  /** As node:http knows it: there is no `finish` any more. */
  declare _hadError: boolean;

  static {
    Object.assign(PeerSocket.prototype, { _hadError: false });
    // What a response asks to know whether everything has left. A property in Node's types, an accessor in Node.
    Object.defineProperty(PeerSocket.prototype, 'writableLength', {
      get(this: PeerSocket & { _writableState: { length: number } }) {
        return this._httpMessage === null ? this._writableState.length : this.#queuedSize;
      },
      configurable: true,
    });
  }

  readonly #peer: Peer;
  #incoming: BodySource | null = null;
  #complete = false;
  /** Bytes were kept back; nothing more is sent until the peer has taken them. */
  #full = false;
  /** A writer was told to wait. */
  #needsDrain = false;
  #queued: Written[] = none;
  #queuedSize = 0;
  #callbacks: Done[] = none;
  #received = 0;
  #sent = 0;

  constructor(environ: Environ, peer: Peer, server: Server | null) {
    super(environ);
    this.#peer = peer;
    this.server = server;
    peer.onGone(() => this.#lose());
  }

  /** What came after an upgrade; a request's head and body do not come through here. */
  get bytesRead(): number {
    return this.#received;
  }
  /** Of a string that is sent as UTF-8 its characters: to measure it costs as much as to send it. */
  get bytesWritten(): number {
    return this.#sent;
  }

  // --- the response

  /**
   * While a response is written its bytes go straight on: what a stream does with them costs more than sending them. As in
   * a stream, what comes between cork and uncork goes together, and callbacks come later, when the bytes have left.
   */
  override write(chunk: unknown, encoding?: unknown, done?: unknown): boolean {
    const response = this._httpMessage;
    if (response === null) return super.write(chunk, encoding as BufferEncoding, done as Done);
    const callback = typeof encoding === 'function' ? encoding : done;
    if (response._header !== null || !isInformational(chunk))
      this.#queue(chunk as Chunk, typeof encoding === 'string' ? encoding : 'utf8');
    if (typeof callback === 'function') this.#callAfterwards(callback as Done);
    this.#flushUncorked();
    const room = !this.#full && this.#queuedSize < this.writableHighWaterMark;
    if (!room) this.#needsDrain = true;
    return room;
  }

  override uncork(): void {
    super.uncork();
    if (this._httpMessage !== null) this.#flushUncorked();
  }

  /**
   * Runs the `end` of the response, which writes the last of it, or all. That leaves together with the end of the
   * connection.
   */
  endWith(response: Message, end: (...values: unknown[]) => unknown, values: unknown[]): void {
    this.ending = true;
    try {
      end.apply(response, values);
    } finally {
      this.ending = false;
      const complete = response.finished && response.outputSize === 0 && !this.#complete;
      if (!this.#full && !this.destroyed) this.#flush(complete && this.#queuedSize <= mostAtOnce);
    }
  }

  #queue(chunk: Chunk, encoding: string): void {
    if (chunk.length === 0) return;
    const written = { chunk, encoding: encoding as BufferEncoding };
    if (this.#queued === none) this.#queued = [written];
    else this.#queued.push(written);
    this.#queuedSize += chunk.length;
  }

  #callAfterwards(callback: Done): void {
    if (this.#callbacks === none) this.#callbacks = [callback];
    else this.#callbacks.push(callback);
  }

  #flushUncorked(): void {
    if (!this.#full && !this.ending && this.writableCorked === 0) this.#flush();
  }

  /** @param last this is all that was missing of the response */
  #flush(last = false): void {
    this.breakSilence();
    const written = this.#queued;
    this.#queued = none;
    const flow = written.length === 0 && !last ? 'sent' : this.#sendAll(written, last);
    if (flow === 'full') {
      this.#full = true;
      // Bound, as a write of Node's is: an AsyncLocalStorage still knows the request in `drain`, `finish` and callbacks.
      this.#peer.onDrain(AsyncResource.bind(() => this.#drained()));
      return;
    }
    this.#queuedSize = 0;
    if (flow === 'gone') this._hadError = true;
    if (this.#needsDrain) process.nextTick(() => this.#tellRoom());
    if (this.#callbacks.length > 0) process.nextTick(callAll, this.#callbacks);
    this.#callbacks = none;
    if (flow === 'gone') this.destroy();
  }

  /** The peer has taken what was kept. */
  #drained(): void {
    this.#full = false;
    if (!this.destroyed) this.#flush();
  }

  /** node:http's `ondrain`: a response does not watch its socket itself. */
  #tellRoom(): void {
    if (!this.#needsDrain || this.#full || this.destroyed) return;
    this.#needsDrain = false;
    this.emit('drain');
    const response = this._httpMessage;
    if (response?.writableNeedDrain !== true) return;
    const needDrain = Object.getOwnPropertySymbols(response).find(
      ({ description }) => description === 'kNeedDrain',
    );
    if (needDrain !== undefined) Object.assign(response, { [needDrain]: false });
    response.emit('drain');
  }

  override _write(chunk: Chunk, encoding: BufferEncoding, done: Done): void {
    this.breakSilence();
    this.#settle(this.#send({ chunk, encoding }), done);
  }

  override _writev(chunks: Written[], done: Done): void {
    this.breakSilence();
    this.#settle(this.#sendAll(chunks), done);
  }

  override _final(done: Done): void {
    if (!this.#complete) this.#pass(null, null, true);
    // A pipe is over both ways now; where nobody reads, nobody would find out.
    if (this.#incoming !== null && this.readableFlowing === null) this.once('finish', () => this.destroy());
    done();
  }

  /** The response has been written. */
  complete(): void {
    if (this.destroyed) return;
    if (!this.#complete) this.#pass(null, null, true);
    this.destroy();
  }

  /**
   * As `socketOnError` of node:http: an error is told to the server's `clientError` listeners and to the socket's own, and
   * ends nothing but this connection. `pipeline(file, response)` destroys the response with the error of a file that is
   * not there, and the response its socket. After an upgrade the socket is the application's, with its errors.
   */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event === 'close') return this.#emitClose(values[0]);
    if (event !== 'error' || this.#incoming !== null) return super.emit(event, ...values);
    const told = this.server?.emit('clientError', values[0] as Error, this) === true;
    return (this.listenerCount('error') > 0 && super.emit(event, ...values)) || told;
  }

  #emitClose(hadError: unknown): boolean {
    const heard = super.emit('close', hadError);
    if (this._httpMessage !== null) endUnread(this._httpMessage.req);
    return heard;
  }

  // --- the request of an upgrade

  /** The connection becomes a pipe. False: it cannot. */
  upgrade(): boolean {
    this.#incoming = this.#peer.upgrade?.() ?? null;
    return this.#incoming !== null;
  }

  override _read(): void {
    this.#incoming?.read((chunk) => {
      this.breakSilence();
      if (chunk !== null) this.#received += chunk.length;
      this.push(chunk);
    });
  }

  override _destroy(error: Error | null, done: Done): void {
    this.stopWaiting();
    if (!this.#complete) {
      this.#complete = true;
      this.#peer.abort();
      abortRequest(this._httpMessage);
    }
    done(error);
  }

  /** The peer went away. */
  #lose(): void {
    if (this.#complete && this._httpMessage !== null) return;
    this.destroy();
  }

  #settle(flow: Flow, done: Done): void {
    if (flow === 'sent') return done();
    if (flow === 'full') {
      this.#peer.onDrain(AsyncResource.bind(() => done()));
      return;
    }
    this.destroy();
    done();
  }

  #send({ chunk, encoding }: Written, last = false): Flow {
    if (typeof chunk !== 'string') return this.#pass(null, chunk, last);
    if (isLatin1(encoding)) return this.#pass(chunk, null, last);
    return this.#pass(null, isUtf8(encoding) ? chunk : Buffer.from(chunk, encoding as BufferEncoding), last);
  }

  /** What was written between cork and uncork: mostly a head, or a head and a Buffer, and an empty end. */
  #sendAll(written: readonly Written[], last = false): Flow {
    const [first, second] = written;
    if (first === undefined) return this.#pass(null, null, last);
    if (second === undefined) return this.#send(first, last);
    if (written.length === 2 && typeof first.chunk === 'string' && isLatin1(first.encoding)) {
      return this.#pass(first.chunk, bytesOf(second), last);
    }
    return this.#pass(null, Buffer.concat(written.map(bytesOf)), last);
  }

  #pass(latin1: string | null, chunk: Chunk | null, last: boolean): Flow {
    if (latin1 !== null) this.#sent += latin1.length;
    if (chunk !== null) this.#sent += chunk.length;
    if (!last) return this.#peer.writeRaw(latin1, chunk);
    this.#complete = true;
    const response = this._httpMessage;
    return this.#peer.endRaw(latin1, chunk, () =>
      response === null ? switchedProtocols : new WrittenHead(response),
    );
  }

  /** As `socketOnTimeout` of node:http: whoever listens decides; if nobody does, the connection ends. */
  protected override timedOut(): void {
    const response = this._httpMessage;
    let heard = this.emit('timeout');
    if (response !== null) {
      heard = (!response.req.complete && response.req.emit('timeout', this)) || heard;
      heard = response.emit('timeout', this) || heard;
    }
    if (this.server?.emit('timeout', this) !== true && !heard) this.destroy();
  }
}

/**
 * A 1xx response (writeContinue, writeProcessing, writeEarlyHints) comes before there is a head. A front server would take
 * it for the response (nginx does).
 */
function isInformational(chunk: unknown): boolean {
  return typeof chunk === 'string' && /^HTTP\/1\.1 1\d\d /.test(chunk);
}

/** node:http's `abortIncoming`: what reads the request, or waits for its end, must learn that it never comes. */
function abortRequest(response: ServerResponse | null): void {
  if (response === null) return;
  const error = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  response.req.destroy(error);
}

function callAll(callbacks: readonly Done[]): void {
  for (const callback of callbacks) callback();
}

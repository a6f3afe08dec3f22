/**
 * One request, from environ to finished response, in reading order: the application is called, says how its response
 * begins, and returns a body that is sent chunk by chunk as fast as the peer reads.
 *
 * The order is PEP 3333's. The head is not sent when the application calls start_response but with the first chunk
 * that is not empty, or at the end: until then it may change its mind (with excInfo), and a generator may call
 * start_response as late as in its first step ("The start_response() Callable", "Buffering and Streaming").
 */
import { applicationErrors as errors } from '../errors.js';
import { isAsyncIterable, isIterable, isStream, joinChunks } from './body.js';
import { hasBody, internalServerError, makeHead } from './headers.js';
import type {
  Application,
  Body,
  Chunk,
  Environ,
  Header,
  ResponseHead,
  ResponseSink,
  Write,
} from './types.js';

/** Told of every error of an application, with the request it happened in. Must not throw. */
export type ErrorReport = (error: unknown, environ: Environ) => void;

/** Runs the application for one request. Never throws: whatever goes wrong ends in the sink and in `report`. */
export function callApplication(
  application: Application,
  environ: Environ,
  sink: ResponseSink,
  report: ErrorReport,
): void {
  new Call(environ, sink, report).run(application);
}

class Call {
  #head: ResponseHead | null = null;
  /** The head has been handed to the sink. */
  #begun = false;
  #over = false;
  /** Bytes of body sent; counted only against a Content-Length. */
  #sent = 0;
  #body: { close?: unknown } | null = null;

  readonly #environ: Environ;
  readonly #sink: ResponseSink;
  readonly #report: ErrorReport;

  constructor(environ: Environ, sink: ResponseSink, report: ErrorReport) {
    this.#environ = environ;
    this.#sink = sink;
    this.#report = report;
  }

  run(application: Application): void {
    try {
      const body = application(this.#environ, (status, headers, excInfo) =>
        this.#start(status, headers, excInfo),
      );
      // What nearly every hand-written application returns: one chunk, alone or in a list.
      if (!this.#begun && this.#head !== null) {
        const only = Array.isArray(body) && body.length === 1 ? body[0] : body;
        if (typeof only === 'string' || only instanceof Uint8Array) return this.#respond(only);
      }
      if (isPromise(body)) {
        body.then(
          (settled) => this.#deliver(settled),
          (error) => this.#fail(error),
        );
        return;
      }
      this.#deliver(body);
    } catch (error) {
      this.#fail(error);
    }
  }

  #start(status: string, headers: readonly Header[], excInfo: unknown): Write {
    if (excInfo !== undefined && excInfo !== null) {
      if (this.#begun) throw excInfo;
    } else if (this.#head !== null) {
      throw errors.startedTwice();
    }
    this.#head = makeHead(status, headers);
    return (chunk) => this.#write(chunk);
  }

  /** PEP 3333's imperative write: cannot wait, so what the peer does not take at once is kept. */
  #write(chunk: Chunk): boolean {
    if (this.#over) return false;
    return this.#send(checkChunk(chunk)) === 'sent';
  }

  /** The whole response is known. */
  #respond(chunk: Chunk): void {
    const head = this.#head;
    if (head === null) throw errors.notStarted();
    if (!hasBody(this.#environ.REQUEST_METHOD, head.code)) {
      this.#over = true;
      this.#sink.respond(head, null);
    } else if (head.contentLength === null || head.contentLength === sizeOf(chunk)) {
      this.#over = true;
      this.#sink.respond(head, chunk);
    } else {
      this.#send(chunk);
      this.#end();
    }
  }

  #deliver(body: Body): void {
    try {
      this.#body = typeof body === 'object' ? (body as { close?: unknown } | null) : null;
      if (body === null || body === undefined) return this.#end();
      if (typeof body === 'string' || body instanceof Uint8Array) return this.#whole(body);
      if (Array.isArray(body)) return this.#whole(joinChunks(body.map(checkChunk)));
      if (isStream(body) || isAsyncIterable(body)) {
        void this.#iterateAsync(body as AsyncIterable<Chunk>);
      } else if (isIterable(body)) {
        this.#iterate((body as Iterable<Chunk>)[Symbol.iterator]());
      } else {
        throw errors.bodyKind(body);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #whole(chunk: Chunk): void {
    if (this.#begun) {
      this.#send(chunk);
      this.#end();
    } else {
      this.#respond(chunk);
      this.#close();
    }
  }

  /** Pulls chunks until the peer is slower than the application; goes on when it has caught up. */
  #iterate(iterator: Iterator<Chunk>): void {
    try {
      for (;;) {
        const step = iterator.next();
        if (step.done) return this.#end();
        const flow = this.#send(checkChunk(step.value));
        if (flow === 'full') return this.#sink.onDrain(() => this.#iterate(iterator));
        if (flow === 'gone') return this.#leave(iterator);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #leave(iterator: Iterator<Chunk>): void {
    this.#over = true;
    try {
      iterator.return?.();
    } finally {
      this.#close();
    }
  }

  async #iterateAsync(body: AsyncIterable<Chunk>): Promise<void> {
    // A source that waits for its next chunk would never learn that nobody reads.
    const iterator = body[Symbol.asyncIterator]();
    const gone = new Promise<'gone'>((resolve) => this.#sink.onGone(() => resolve('gone')));
    try {
      for (;;) {
        const step = await Promise.race([iterator.next(), gone]);
        if (step === 'gone') break;
        if (step.done) return this.#end();
        const flow = this.#send(checkChunk(step.value));
        if (flow === 'full') await new Promise<void>((resume) => this.#sink.onDrain(resume));
        if (flow === 'gone') break;
      }
      this.#over = true;
      // Not awaited: a generator that is suspended in an await answers return() only after it.
      Promise.resolve(iterator.return?.()).catch((error) => this.#report(error, this.#environ));
      this.#close();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Sends one chunk, before it the head if that has not gone out; keeps to the application's Content-Length. */
  #send(chunk: Chunk): 'sent' | 'full' | 'gone' {
    if (chunk.length === 0) return 'sent';
    const head = this.#head;
    if (head === null) throw errors.notStarted();
    if (!hasBody(this.#environ.REQUEST_METHOD, head.code)) return 'sent';
    const fitting = head.contentLength === null ? chunk : this.#fit(chunk, head.contentLength);
    if (this.#begun) return fitting.length === 0 ? 'sent' : this.#sink.write(fitting);
    this.#begun = true;
    return this.#sink.begin(head, fitting);
  }

  /** PEP 3333, "Handling the Content-Length Header": never more than was declared; the excess is an error. */
  #fit(chunk: Chunk, declared: number): Chunk {
    const size = sizeOf(chunk);
    const room = declared - this.#sent;
    this.#sent += size;
    if (size <= room) return chunk;
    if (size > room && this.#sent - size <= declared)
      this.#report(errors.bodyTooLong(declared), this.#environ);
    return Buffer.from(chunk as Uint8Array).subarray(0, Math.max(0, room));
  }

  #end(): void {
    const head = this.#head;
    if (head === null) throw errors.notStarted();
    this.#over = true;
    if (!this.#begun) {
      this.#sink.respond(head, hasBody(this.#environ.REQUEST_METHOD, head.code) ? '' : null);
    } else if (head.contentLength !== null && this.#sent < head.contentLength) {
      this.#report(errors.bodyTooShort(head.contentLength, this.#sent), this.#environ);
      this.#sink.abort();
    } else {
      this.#sink.end();
    }
    this.#close();
  }

  /** Nothing sent yet: a 500. Otherwise the peer must notice that the response is broken. The stack goes to the log. */
  #fail(error: unknown): void {
    this.#report(error, this.#environ);
    if (!this.#over) {
      this.#over = true;
      if (this.#begun) {
        this.#sink.abort();
      } else {
        const bodyless = this.#environ.REQUEST_METHOD === 'HEAD';
        this.#sink.respond(internalServerError, bodyless ? null : 'Internal Server Error\n');
      }
    }
    this.#close();
  }

  /** PEP 3333, "Specification Details": close() is called however the request ended. */
  #close(): void {
    const body = this.#body;
    this.#body = null;
    if (body === null || typeof body.close !== 'function') return;
    try {
      body.close();
    } catch (error) {
      this.#report(error, this.#environ);
    }
  }
}

function isPromise(body: Body | Promise<Body>): body is Promise<Body> {
  return typeof body === 'object' && body !== null && typeof (body as Promise<Body>).then === 'function';
}

function checkChunk(chunk: Chunk): Chunk {
  if (typeof chunk === 'string' || chunk instanceof Uint8Array) return chunk;
  throw errors.chunkKind(chunk);
}

function sizeOf(chunk: Chunk): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
}

/**
 * One request, from environ to finished response, in reading order: the application is called, says how its response
 * begins, and returns a body that is sent chunk by chunk as fast as the peer reads.
 *
 * The order is PEP 3333's. The head is not sent when the application calls start_response but with the first chunk
 * that is not empty, or at the end: until then it may change its mind (with excInfo), and a generator may call
 * start_response as late as in its first step ("The start_response() Callable", "Buffering and Streaming").
 */
import { AsyncResource } from 'node:async_hooks';
// The global of this name is an accessor, which costs each request a call: 0.8 % of a hello.
import { Buffer } from 'node:buffer';
import { applicationErrors as errors } from '../errors/application.js';
import {
  checkChunk,
  isAsyncIterable,
  isClosable,
  isIterable,
  isNodeStream,
  isPlainList,
  isPromise,
  isWebStream,
  joinChunks,
  readWebStream,
  sizeOf,
} from './body.js';
import { FileWrapper } from './file-wrapper.js';
import { hasBody, internalServerError, makeHead, withLength } from './headers.js';
import type {
  Application,
  Body,
  Chunk,
  Environ,
  Flow,
  Header,
  ResponseHead,
  ResponseSink,
  Write,
} from './types.js';

/** What the client of a request gets that ended in an error: a head without a length, and its body. */
export interface ErrorPage {
  readonly head: ResponseHead;
  readonly body: Chunk;
}

/**
 * Told of every error of an application, with the request it happened in. Must not throw. Returns what the client may
 * read of it, where there is more to say than that there was one.
 */
export type ErrorReport = (error: unknown, environ: Environ) => ErrorPage | undefined;

/** What the client reads otherwise. */
export const plainError: ErrorPage = { head: internalServerError, body: 'Internal Server Error\n' };

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
  /** Nothing more is sent. */
  #over = false;
  /** Goes on with an iterable after the peer has caught up. */
  #resume: (() => void) | null = null;
  /** Bytes of body sent; counted only against a Content-Length. */
  #sent = 0;
  #body: unknown = null;
  /** An iterator that has begun and not ended: `return()` is owed to it. */
  #unfinished: { return?(): unknown } | null = null;

  readonly #environ: Environ;
  /** Kept from the application, which may change its environ. */
  readonly #method: string;
  readonly #sink: ResponseSink;
  readonly #report: ErrorReport;

  constructor(environ: Environ, sink: ResponseSink, report: ErrorReport) {
    this.#environ = environ;
    this.#method = environ.REQUEST_METHOD;
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
        const only = isPlainList(body) && body.length === 1 ? body[0] : body;
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
      if (this.#begun || this.#over) throw excInfo;
    } else if (this.#head !== null) {
      throw errors.startedTwice();
    }
    const head = makeHead(status, headers);
    // RFC 9110, section 15.2: after an interim response the client waits for the final one.
    if (head.code < 200) throw errors.notFinal(status);
    this.#head = head;
    return (chunk) => this.#write(chunk);
  }

  /** PEP 3333's imperative write: cannot wait, so what the peer does not take at once is kept. */
  #write(chunk: Chunk): boolean {
    return this.#send(checkChunk(chunk)) === 'sent';
  }

  /** The whole response is known. */
  #respond(chunk: Chunk): void {
    const head = this.#head;
    if (head === null) throw errors.notStarted();
    if (!hasBody(this.#method, head.code)) return this.#answer(head, null);
    if (head.contentLength === null) return this.#answer(withLength(head, sizeOf(chunk)), chunk);
    const body = this.#fit(chunk, head.contentLength);
    if (this.#sent < head.contentLength) throw errors.bodyTooShort(head.contentLength, this.#sent);
    this.#answer(head, body);
  }

  #answer(head: ResponseHead, body: Chunk | null): void {
    this.#over = true;
    this.#sink.respond(head, body);
  }

  #deliver(body: Body): void {
    try {
      this.#body = body;
      if (body === null || body === undefined) return this.#end();
      if (typeof body === 'string' || body instanceof Uint8Array) return this.#whole(body);
      if (body instanceof FileWrapper && this.#sendFile(body)) return;
      if (Array.isArray(body)) return this.#whole(joinChunks(body.map(checkChunk)));
      if (isWebStream(body)) {
        void this.#iterateAsync(readWebStream(body));
      } else if (isAsyncIterable(body)) {
        void this.#iterateAsync((body as AsyncIterable<Chunk>)[Symbol.asyncIterator]());
      } else if (isIterable(body)) {
        this.#iterate((body as Iterable<Chunk>)[Symbol.iterator]());
      } else {
        throw errors.bodyKind(body);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** PEP 3333, "Optional Platform-Specific File Handling": false where it is a body like any other. */
  #sendFile({ descriptor, position }: FileWrapper): boolean {
    const head = this.#head;
    if (descriptor === null || head === null || this.#begun) return false;
    if (!hasBody(this.#method, head.code)) return false;
    if (this.#sink.sendFile?.(head, descriptor, position) !== true) return false;
    this.#over = true;
    this.#close();
    return true;
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
        this.#unfinished = null;
        const step = iterator.next();
        if (step.done) return this.#end();
        this.#unfinished = iterator;
        const flow = this.#send(checkChunk(step.value));
        if (flow === 'gone') return this.#leave();
        if (flow === 'full') {
          this.#resume ??= this.#resumeWith(iterator);
          return this.#sink.onDrain(this.#resume);
        }
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #resumeWith(iterator: Iterator<Chunk>): () => void {
    // A response that is given up from outside is never drained.
    this.#sink.onGone(() => this.#leave());
    // Bound: what the application keeps in an AsyncLocalStorage is there in the next step, too.
    return AsyncResource.bind(() => (this.#over ? undefined : this.#iterate(iterator)));
  }

  async #iterateAsync(iterator: AsyncIterator<Chunk>): Promise<void> {
    this.#unfinished = iterator;
    // A source that waits for its next chunk would never learn that nobody reads.
    this.#sink.onGone(() => this.#leave());
    try {
      while (!this.#over) {
        const step = await iterator.next();
        if (this.#over) return;
        if (step.done) {
          this.#unfinished = null;
          return this.#end();
        }
        const flow = this.#send(checkChunk(step.value));
        if (flow === 'gone') return this.#leave();
        if (flow === 'full') await new Promise<void>((resume) => this.#sink.onDrain(resume));
      }
      this.#close();
    } catch (error) {
      // Nobody waits for the step that was under way when the peer went; what `return()` brings up is still reported.
      if (!this.#over) this.#fail(error);
    }
  }

  /** Nobody wants the rest. */
  #leave(): void {
    this.#over = true;
    this.#close();
  }

  /** Sends one chunk, before it the head if that has not gone out; keeps to the application's Content-Length. */
  #send(chunk: Chunk): Flow {
    if (this.#over) return 'gone';
    if (chunk.length === 0) return 'sent';
    const head = this.#head;
    if (head === null) throw errors.notStarted();
    if (!hasBody(this.#method, head.code)) return this.#headOnly(head);
    const fitting = head.contentLength === null ? chunk : this.#fit(chunk, head.contentLength);
    if (fitting !== chunk) return this.#cutOff(head, fitting);
    if (this.#begun) return this.#sink.write(chunk);
    this.#begun = true;
    return this.#sink.begin(head, chunk);
  }

  /** The declared length is reached: the response is complete, and no further step of the body is asked for. */
  #cutOff(head: ResponseHead, last: Chunk): Flow {
    this.#over = true;
    if (!this.#begun) {
      this.#begun = true;
      this.#sink.respond(head, last);
      return 'gone';
    }
    if (last.length > 0) this.#sink.write(last);
    this.#sink.end();
    return 'gone';
  }

  /** The head would go out now and is all there is: an endless body must not keep a HEAD request waiting. */
  #headOnly(head: ResponseHead): Flow {
    this.#begun = this.#over = true;
    this.#sink.respond(head, null);
    return 'gone';
  }

  /** PEP 3333, "Handling the Content-Length Header": never more than was declared; the excess is an error. */
  #fit(chunk: Chunk, declared: number): Chunk {
    const size = sizeOf(chunk);
    const room = declared - this.#sent;
    this.#sent += size;
    if (size <= room) return chunk;
    this.#report(errors.bodyTooLong(declared), this.#environ);
    return Buffer.from(chunk as Uint8Array).subarray(0, room);
  }

  #end(): void {
    if (this.#over) return this.#close();
    const head = this.#head;
    if (head === null) throw errors.notStarted();
    if (!this.#begun) {
      this.#respond('');
    } else if (head.contentLength !== null && this.#sent < head.contentLength) {
      throw errors.bodyTooShort(head.contentLength, this.#sent);
    } else {
      this.#over = true;
      this.#sink.end();
    }
    this.#close();
  }

  /** Nothing sent yet: a 500. Otherwise the peer must notice that the response is broken. The stack goes to the log. */
  #fail(error: unknown): void {
    const told = this.#isExpected(error) ? undefined : this.#report(error, this.#environ);
    if (!this.#over) {
      this.#over = true;
      if (this.#begun) {
        this.#sink.abort();
      } else {
        const { head, body } = told ?? plainError;
        if (this.#method === 'HEAD') this.#sink.respond(head, null);
        else this.#sink.respond(withLength(head, sizeOf(body)), body);
      }
    }
    this.#close();
  }

  /** An application that passes `uwsgi.signal` on is stopped by an AbortError when the peer goes: no news for the log. */
  #isExpected(error: unknown): boolean {
    return (error as Error | null)?.name === 'AbortError' && this.#environ['uwsgi.signal']?.aborted;
  }

  /** PEP 3333, "Specification Details": close() is called however the request ended. return() is JavaScript's own. */
  #close(): void {
    const iterator = this.#unfinished;
    const body = this.#body;
    this.#unfinished = this.#body = null;
    if (iterator !== null) this.#try(() => iterator.return?.());
    if (isClosable(body)) this.#try(() => body.close());
    else if (isNodeStream(body)) this.#try(() => body.destroy());
  }

  /** Runs the application's own cleaning up. Not awaited: a generator answers only when its pending step is over. */
  #try(cleanUp: () => unknown): void {
    const report = (error: unknown) => {
      if (!this.#isExpected(error)) this.#report(error, this.#environ);
    };
    try {
      const result = cleanUp();
      if (isPromise(result)) result.then(undefined, report);
    } catch (error) {
      report(error);
    }
  }
}

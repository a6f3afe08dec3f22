/**
 * Holds an application, and the server that calls it, to PEP 3333: every rule that one of them breaks is reported, with
 * who broke it. The rules are those of Python's wsgiref.validate, as far as JavaScript has the things they speak of; where
 * this server's contract is wider (strings as chunks, promises, asynchronous bodies), that is allowed here too.
 */
import { validatorErrors as rules, type Violation } from '../errors/rules.js';
import { isAsyncIterable, isIterable } from './body.js';
import type { Application, Body, Chunk, Environ, Write } from './types.js';
import { checkEnviron, checkHeaders, checkStatus, watchErrors, watchInput } from './validator-rules.js';

export { Violation } from '../errors/rules.js';

export interface ValidatorOptions {
  /** Told of every broken rule; by default it is written to `wsgi.errors`, with the request. */
  report?: (violation: Violation, environ: Environ) => void;
}

type Report = (violation: Violation) => void;

/** The same application, watched. */
export function validator(
  application: Application,
  { report = toErrors }: ValidatorOptions = {},
): Application {
  return (...given: Parameters<Application>) => {
    const [environ, startResponse] = given;
    const say: Report = (violation) => report(violation, environ);
    if (given.length !== 2) say(rules.callArguments(given.length));
    if (!checkEnviron(environ, say)) return application(environ, startResponse);
    return new Watch(say).call(application, environ, startResponse);
  };
}

function toErrors(violation: Violation, environ: Environ): void {
  const { REQUEST_METHOD, PATH_INFO } = environ;
  environ['wsgi.errors'].write(
    `uwsgi-node/validator: ${violation.side}: ${violation.message} [${REQUEST_METHOD} ${PATH_INFO}]\n`,
  );
}

/** Told of bodies that were collected without having been closed. */
const unclosed = new FinalizationRegistry<Report>((say) => say(rules.neverClosed()));

/** One request. */
class Watch {
  readonly #say: Report;
  #started = false;

  constructor(say: Report) {
    this.#say = say;
  }

  call(
    application: Application,
    environ: Environ,
    startResponse: Parameters<Application>[1],
  ): Body | Promise<Body> {
    const inner = {
      'wsgi.input': watchInput(environ['wsgi.input'], this.#say),
      'wsgi.errors': watchErrors(environ['wsgi.errors'], this.#say),
    };
    // The object itself: the signal and whatever else the server keeps in it must stay.
    Object.assign(environ, inner);
    const body = application(environ, (...given) => this.#start(startResponse, given));
    return isPromise(body) ? body.then((settled) => this.#check(settled)) : this.#check(body);
  }

  #start(startResponse: Parameters<Application>[1], given: Parameters<Parameters<Application>[1]>): Write {
    const [status, headers, excInfo] = given;
    if (given.length < 2 || given.length > 3) this.#say(rules.startArguments(given.length));
    if (this.#started && (excInfo === undefined || excInfo === null)) this.#say(rules.startedTwice());
    this.#started = true;
    checkHeaders(headers, checkStatus(status, this.#say), this.#say);
    const write = startResponse(...given);
    return (...written) => {
      if (written.length !== 1) this.#say(rules.writeArguments(written.length));
      this.#checkChunk(written[0]);
      return write(...written);
    };
  }

  #check(body: Body): Body {
    if (typeof body === 'string' || body instanceof Uint8Array) {
      if (!this.#started) this.#say(rules.neverStarted());
      return body;
    }
    if (typeof body !== 'object' || body === null) {
      this.#say(rules.bodyKind(body));
      return body;
    }
    const close = (body as { close?: () => void }).close;
    const state = { begun: false, closed: false };
    const watched = isAsyncIterable(body)
      ? this.#watchAsync(body as AsyncIterable<Chunk>, state)
      : this.#watch(body, state);
    if (watched === null) return body;
    unclosed.register(watched, this.#say, state);
    return Object.assign(watched, {
      close: () => {
        state.closed = true;
        unclosed.unregister(state);
        if (typeof close === 'function') close.call(body);
      },
    });
  }

  #watch(body: object, state: State): Iterable<Chunk> | null {
    if (!isIterable(body)) {
      this.#say(rules.bodyKind(body));
      return null;
    }
    const steps = body as Iterable<Chunk>;
    const watch = this;
    return {
      *[Symbol.iterator]() {
        watch.#begin(state);
        for (const chunk of steps) {
          watch.#step(state, chunk);
          yield chunk;
        }
        watch.#end();
      },
    };
  }

  #watchAsync(body: AsyncIterable<Chunk>, state: State): AsyncIterable<Chunk> {
    const watch = this;
    return {
      async *[Symbol.asyncIterator]() {
        watch.#begin(state);
        for await (const chunk of body) {
          watch.#step(state, chunk);
          yield chunk;
        }
        watch.#end();
      },
    };
  }

  #begin(state: State): void {
    if (state.begun) this.#say(rules.iteratedTwice());
    state.begun = true;
  }

  #step(state: State, chunk: unknown): void {
    if (state.closed) this.#say(rules.readAfterClose());
    if (!this.#started) this.#say(rules.notStarted());
    this.#checkChunk(chunk);
  }

  #end(): void {
    if (!this.#started) this.#say(rules.neverStarted());
  }

  #checkChunk(chunk: unknown): void {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) this.#say(rules.chunk(chunk));
  }
}

interface State {
  begun: boolean;
  closed: boolean;
}

function isPromise(body: Body | Promise<Body>): body is Promise<Body> {
  return typeof body === 'object' && body !== null && typeof (body as Promise<Body>).then === 'function';
}

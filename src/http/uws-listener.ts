/** Requests of one listener under uWebSockets.js, from the engine's callbacks to the application's call. */
import type { InheritedListener } from '../messages.js';
import { BodyCollector } from './body.js';
import type { EngineStart } from './engine.js';
import {
  addHeader,
  exceeds,
  type Framing,
  type HttpEnviron,
  hasRequestBody,
  isMethod,
  normalisePath,
  type ServerFacts,
  serverFacts,
} from './environ.js';
import { PeerAddresses } from './peer-addresses.js';
import { bodyNotKept, type Refusal, refusals, refuse } from './refusals.js';
import type { Traffic } from './traffic.js';
import type { UwsRequest, UwsResponse } from './uws-api.js';
import { UwsExchange } from './uws-exchange.js';

const NOT_ASCII = /[^\0-\x7f]/;

export class UwsListener {
  readonly #start: EngineStart;
  readonly #traffic: Traffic;
  readonly #facts: ServerFacts;
  readonly #peers: PeerAddresses | null;
  /** The head being read. The engine calls `#addHeader` for each header, before `receive` goes on. */
  #request: UwsRequest | null = null;
  #environ: HttpEnviron | null = null;
  #headSize = 0;
  readonly #framing: Framing = { invalid: false, chunked: false };
  readonly #addHeader = (name: string, value: string): void => {
    // ": " and a line end
    this.#headSize += name.length + value.length + 4;
    const latin1 = NOT_ASCII.test(value) ? this.#latin1Value(name, value) : value;
    addHeader(this.#environ!, this.#framing, name, latin1);
  };

  constructor(start: EngineStart, listener: InheritedListener, traffic: Traffic) {
    this.#start = start;
    this.#traffic = traffic;
    this.#facts = serverFacts(listener, start.hostname);
    this.#peers = listener.family === 'unix' ? null : new PeerAddresses();
  }

  /** The engine's filter, called for every connection with 1 when it opens and -1 when it closes. */
  count(connection: UwsResponse, change: number): void {
    if (change > 0) {
      this.#traffic.connected();
      this.#peers?.opened(connection);
    } else {
      this.#traffic.disconnected();
      this.#peers?.closed();
    }
  }

  /** The engine's handler for every request. */
  receive(response: UwsResponse, request: UwsRequest): void {
    const method = request.getCaseSensitiveMethod();
    const exchange = new UwsExchange(this.#traffic, response, method);
    // Returning without an answer and without a handler for a lost peer makes the engine end the process.
    try {
      const refusal = this.#readHead(method, response, request);
      const environ = this.#environ!;
      if (refusal !== null) this.#refuseLater(exchange, environ, refusal);
      else if (hasRequestBody(environ, this.#framing)) this.#collect(exchange, environ);
      else this.#start.onRequest(environ, exchange, null);
    } finally {
      exchange.leaveCallback();
    }
  }

  #readHead(method: string, response: UwsResponse, request: UwsRequest): Refusal | null {
    const rawPath = latin1(request.getUrl());
    const rawQuery = request.getQuery();
    const query = rawQuery === undefined ? '' : latin1(rawQuery);
    const uri = rawQuery === undefined ? rawPath : `${rawPath}?${query}`;
    const path = normalisePath(rawPath);
    const peer = this.#peers === null ? '' : this.#peers.of(response);
    // The engine refuses what is not HTTP/1.1, and does not tell the peer's port.
    const environ = this.#start.newEnviron(this.#facts, method, uri, path ?? '', query, 'HTTP/1.1', peer, '');
    const framing = this.#framing;
    framing.invalid = false;
    framing.chunked = false;
    this.#headSize = method.length + uri.length;
    this.#environ = environ;
    this.#request = request;
    request.forEach(this.#addHeader);
    this.#request = null;
    if (!isMethod(method)) return refusals.badMethod;
    if (path === null || uri.includes(LOST)) return refusals.badTarget;
    if (framing.invalid) return refusals.badFraming;
    // The engine's own limit does not hold for a head that arrives in one piece.
    if (this.#headSize > this.#start.settings.bufferSize) return refusals.headTooLarge;
    if (exceeds(environ, this.#start.settings.limitPost)) return refusals.bodyTooLarge;
    return this.#traffic.exceeds(this.#start.settings.async) ? refusals.overload : null;
  }

  #collect(exchange: UwsExchange, environ: HttpEnviron): void {
    const { limitPost, postBuffering } = this.#start.settings;
    const collector = new BodyCollector({ memory: postBuffering, total: limitPost });
    let refused = false;
    exchange.onGone(() => collector.discard());
    exchange.response.onData((chunk, last) => {
      if (refused) return;
      exchange.enterCallback();
      try {
        const refusal = collect(collector, chunk);
        refused = refusal !== null;
        if (refusal !== null) {
          collector.discard();
          this.#refuse(exchange, environ, refusal, !last);
        } else if (last) this.#run(exchange, environ, collector);
      } finally {
        exchange.leaveCallback();
      }
    });
  }

  #run(exchange: UwsExchange, environ: HttpEnviron, collector: BodyCollector): void {
    environ.CONTENT_LENGTH = String(collector.length);
    const body = collector.finish();
    exchange.carry(body);
    this.#start.onRequest(environ, exchange, body);
  }

  /**
   * Not at once: the engine would take what follows in the same buffer for the next request, which after bad framing is
   * just what an attacker wants. While this one is unanswered it closes the connection instead.
   */
  #refuseLater(exchange: UwsExchange, environ: HttpEnviron, refusal: Refusal): void {
    const unread = refusal !== refusals.badFraming && hasRequestBody(environ, this.#framing);
    setImmediate(() => {
      if (!exchange.gone) this.#refuse(exchange, environ, refusal, unread);
    });
  }

  #refuse(exchange: UwsExchange, environ: HttpEnviron, refusal: Refusal, unread: boolean): void {
    if (refusal !== refusals.overload || this.#traffic.tellOverload()) {
      this.#start.onRefused?.(refusal.head.status, environ.REMOTE_ADDR, refusal.reason);
    }
    if (unread) exchange.linger();
    refuse(exchange, refusal);
  }

  /** The engine has decoded the value as UTF-8. Bytes that are none it gives out raw, but only the first of a name. */
  #latin1Value(name: string, value: string): string {
    return value.includes(LOST) ? this.#request!.getHeader(name) : latin1(value);
  }
}

function collect(collector: BodyCollector, chunk: ArrayBuffer): Refusal | null {
  try {
    // A copy: the engine takes the memory back.
    return collector.add(Buffer.from(chunk.slice(0))) ? null : refusals.bodyTooLarge;
  } catch (error) {
    return bodyNotKept(error);
  }
}

/** What the engine's decoder puts in the place of bytes that are not UTF-8. */
const LOST = '\ufffd';

/** The bytes that the engine decoded, as latin-1. */
function latin1(decoded: string): string {
  if (!NOT_ASCII.test(decoded)) return decoded;
  return decoded.includes(LOST) ? LOST : Buffer.from(decoded, 'utf8').toString('latin1');
}

/**
 * A peer in front of a sink that does not take bytes (the HTTP front, another application's startResponse): takes the
 * head that Node has written apart again.
 */
import { isHopByHop, makeHead, parseHeaders } from '../wsgi/headers.js';
import type { Chunk, Flow, Header, ResponseHead, ResponseSink } from '../wsgi/types.js';
import type { Peer } from './peer.js';

export class SinkPeer implements Peer {
  readonly #sink: ResponseSink;
  #begun = false;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  writeRaw(latin1: string | null, chunk: Chunk | null): Flow {
    if (!this.#begun) return this.#begin(latin1, chunk);
    let flow: Flow = 'sent';
    if (latin1 !== null) flow = this.#sink.write(Buffer.from(latin1, 'latin1'));
    if (chunk !== null && flow !== 'gone') flow = this.#sink.write(chunk);
    return flow;
  }

  endRaw(latin1: string | null, chunk: Chunk | null): Flow {
    if (!this.#begun) {
      const response = taken(latin1, chunk);
      if (response === null) return this.#giveUp();
      this.#sink.respond(response.head, join(response.body));
      return 'sent';
    }
    const flow = latin1 === null && chunk === null ? 'sent' : this.writeRaw(latin1, chunk);
    if (flow !== 'gone') this.#sink.end();
    return flow;
  }

  abort(): void {
    this.#sink.abort();
  }

  onDrain(callback: () => void): void {
    this.#sink.onDrain(callback);
  }

  onGone(callback: () => void): void {
    this.#sink.onGone(callback);
  }

  #begin(latin1: string | null, chunk: Chunk | null): Flow {
    const response = taken(latin1, chunk);
    if (response === null) return this.#giveUp();
    this.#begun = true;
    const [first = null, second = null] = response.body;
    const flow = this.#sink.begin(response.head, first);
    return second === null || flow === 'gone' ? flow : this.#sink.write(second);
  }

  /** An application wrote to the socket itself, or ended it, without the head of a response. */
  #giveUp(): Flow {
    this.#sink.abort();
    return 'gone';
  }
}

/**
 * ServerResponse writes the head whole, as a string, with or without the beginning of the body behind it. Null: that is no
 * head.
 */
function taken(latin1: string | null, chunk: Chunk | null): { head: ResponseHead; body: Chunk[] } | null {
  const text = latin1 ?? (typeof chunk === 'string' ? chunk : Buffer.from(chunk ?? '').toString('latin1'));
  const end = text.indexOf('\r\n\r\n') + 4;
  if (end < 4 || !statusLine.test(text)) return null;
  const head = headOf(text.slice(0, end - 4));
  const rest = bodyBehind(text.slice(end), latin1 === null && typeof chunk === 'string');
  const parts = latin1 === null ? [rest] : [rest, chunk];
  return { head, body: parts.filter((part) => part !== null && part.length > 0) as Chunk[] };
}

function join([first, second]: Chunk[]): Chunk {
  if (second === undefined) return first ?? '';
  return Buffer.concat([first!, second].map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

/** What was written as a string is UTF-8 unless it was said to be latin-1. */
function bodyBehind(text: string, isUtf8: boolean): Chunk {
  return isUtf8 ? text : Buffer.from(text, 'latin1');
}

const statusLine = /^HTTP\/1\.[01] [1-9]\d\d /;

/** They belong to the connection, which is the sink's affair. */
function isOfConnection([name]: Header): boolean {
  return isHopByHop(name) || name.toLowerCase() === 'proxy-connection';
}

/** @param text from the version on, without the empty line */
function headOf(text: string): ResponseHead {
  const end = text.indexOf('\r\n');
  const status = text.slice('HTTP/1.1 '.length, end < 0 ? text.length : end);
  return makeHead(
    status,
    parseHeaders(text).filter((header) => !isOfConnection(header)),
  );
}

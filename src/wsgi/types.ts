/**
 * The application contract: what an application is given and what it may return (PEP 3333, in JavaScript).
 */
import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { BodySource } from './body-source.js';

/** One piece of a response body. A string is sent as UTF-8. */
export type Chunk = string | Uint8Array;

/** Everything an application may return. A bare string or Uint8Array is one chunk. */
export type Body =
  | Chunk
  | Iterable<Chunk>
  | AsyncIterable<Chunk>
  | Readable
  | ReadableStream<Chunk>
  | null
  | undefined;

/** A header as PEP 3333 has it: a name and a value, both latin-1. */
export type Header = readonly [name: string, value: string];

/**
 * PEP 3333's imperative `write`, for code that cannot return its body. Sends the head first if it has not gone out.
 * Returns false when the peer reads slower than the application writes (the chunk is kept in memory), as
 * `stream.Writable.write` does; returns true otherwise.
 */
export type Write = (chunk: Chunk) => boolean;

/**
 * Begins the response.
 *
 * @param status  `'200 OK'`: three digits, a blank, a reason phrase.
 * @param headers pairs of name and value; no hop-by-hop header, no CR, LF or NUL.
 * @param excInfo an error that made the application start again; needed for a second call (PEP 3333, "The
 *                start_response() Callable"). If the head has already been sent, it is thrown again.
 */
export type StartResponse = (status: string, headers: readonly Header[], excInfo?: unknown) => Write;

/** The request body, as a file that ends after CONTENT_LENGTH bytes (PEP 3333, "Input and Error Streams"). */
export interface Input extends AsyncIterable<Buffer>, Iterable<Buffer> {
  /** Blocks, as in Python, until `size` bytes or the end of the body. Without a size: the whole rest. */
  read(size?: number): Buffer;
  /** One line with its `\n`, or at most `size` bytes of it; empty at the end. Blocks. */
  readline(size?: number): Buffer;
  /** All remaining lines; stops after the line that passes `hint` bytes. Blocks. */
  readlines(hint?: number): Buffer[];
  /** The same bytes as a Node stream, with back-pressure. */
  stream(): Readable;
}

/** Where an application writes its errors: the server's log. */
export interface ErrorStream {
  write(text: string): void;
  writelines(lines: Iterable<string>): void;
  flush(): void;
}

/** The request: every var of the packet under its own name as a latin-1 string, and the keys below. */
export interface Environ {
  [name: string]: unknown;
  REQUEST_METHOD: string;
  SCRIPT_NAME: string;
  PATH_INFO: string;
  QUERY_STRING: string;
  SERVER_PROTOCOL: string;
  CONTENT_TYPE?: string;
  CONTENT_LENGTH?: string;
  'wsgi.version': readonly [1, 0];
  'wsgi.url_scheme': string;
  'wsgi.input': Input;
  'wsgi.errors': ErrorStream;
  'wsgi.multithread': boolean;
  'wsgi.multiprocess': boolean;
  'wsgi.run_once': boolean;
  'uwsgi.version': string;
  'uwsgi.node': string;
  /** Fires when the peer goes away before the response is complete. */
  'uwsgi.signal': AbortSignal;
}

export type Application = (environ: Environ, startResponse: StartResponse) => Body | Promise<Body>;

/**
 * Where a response goes: a native connection, a uWebSockets.js response, a node:http response, or a test's fake.
 * `wsgi/` knows nothing else of the world outside. One sink serves one request. The calls come in this order:
 * either `respond` once, or `begin` once, `write` any number of times, then `end`; `abort` may come at any time and is
 * the last. After the peer has gone every call is a no-op that answers `'gone'`.
 */
export interface ResponseSink {
  /** The complete response in one go. `body` is null where none may be sent (HEAD, 204, 304): `head` still says its length. */
  respond(head: ResponseHead, body: Chunk | null): void;
  /** Head and first chunk of a response whose end is not known yet. */
  begin(head: ResponseHead, chunk: Chunk | null): Flow;
  write(chunk: Chunk): Flow;
  /** The response is complete. */
  end(): void;
  /**
   * The response cannot be completed: make the peer notice (reset), never pad it. A unix socket has no reset: there the
   * peer notices by the Content-Length, if there is one.
   */
  abort(): void;
  /** Calls back once, when a sink that answered `'full'` has room again, or when the peer has gone. */
  onDrain(callback: () => void): void;
  /** Calls back once, when the peer goes away before the response is complete; at once if it already has. */
  onGone(callback: () => void): void;
  /**
   * The complete response, whose body is an open file, from this place or its current position on: to its end, or as many
   * bytes as the head's Content-Length says. False, and nothing has happened, where this sink or this file needs it to be read instead.
   */
  sendFile?(head: ResponseHead, fd: number, from?: number): boolean;
  /** The connection under the sink, where it speaks uwsgi: the response may be written to it as HTTP/1.1 bytes. */
  readonly raw?: RawSink | undefined;
}

/**
 * A connection that takes a response as bytes: head and body as an HTTP/1.1 server writes them, never chunked, without
 * 1xx responses. Used instead of `respond`, `begin` and `write`, not together with them.
 */
export interface RawSink {
  /** Sends `latin1`, then `chunk`. */
  writeRaw(latin1: string | null, chunk: Chunk | null): Flow;
  /**
   * Sends what is given, with which the response is complete. `describe` is asked what was sent, if somebody wants to know
   * (the request log).
   */
  endRaw(latin1: string | null, chunk: Chunk | null, describe: () => ResponseHead): Flow;
  abort(): void;
  onDrain(callback: () => void): void;
  onGone(callback: () => void): void;
  /** From here on the connection is a pipe: whatever the peer sends, until it ends its side. Called once. Null: it cannot. */
  upgrade(): BodySource | null;
}

/** `sent`: go on. `full`: kept, but wait for `onDrain` before the next chunk. `gone`: nobody reads any more. */
export type Flow = 'sent' | 'full' | 'gone';

/** A validated status and header list. */
export interface ResponseHead {
  /** 100-999. */
  readonly code: number;
  /** `'200 OK'` */
  readonly status: string;
  readonly headers: readonly Header[];
  /** `'200 OK\r\nName: value\r\n…\r\n'`: what goes on the wire after the protocol version and a blank, in latin-1. */
  readonly text: string;
  /** The Content-Length: the application's, or the server's where the body is known as a whole; else null. */
  readonly contentLength: number | null;
}

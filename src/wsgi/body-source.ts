/**
 * Where a request body comes from when it is not already one Buffer: a native connection that streams, or a temporary
 * file. `wsgi/` reads through this and knows no transport.
 */
export interface BodySource {
  /** Bytes in all (CONTENT_LENGTH), or null when only the end will tell. */
  readonly length: number | null;
  /**
   * Asks for one chunk. `onChunk` is called once, never before `read` has returned, with bytes or with null at the end
   * (and for every later call). Ask again only after the answer: that is the back-pressure. Where the peer goes away
   * first, `aborted` is set and the answer is null.
   */
  read(onChunk: (chunk: Buffer | null) => void): void;
  /**
   * Blocks for up to `max` bytes, as Python's `wsgi.input.read` does; empty at the end. Present only where the transport
   * can. Takes from the same position as `read`; not to be called while a `read` is unanswered.
   * @throws the transport's error; nothing is lost silently.
   */
  readSync?(max: number): Buffer;
  /**
   * The same into memory of the reader's, from `at` to its end at most: saves large bodies a copy.
   * @returns bytes read, 0 at the end
   */
  readInto?(target: Uint8Array, at: number): number;
  /** The peer went away before the body was complete: what has been read is not all of it. */
  readonly aborted: boolean;
  /** Calls back once, when the peer goes away before the response is complete; at once if it already has. */
  onGone(callback: () => void): void;
}

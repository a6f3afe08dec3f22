/** The other end of an adapted request's socket, and what is written to the socket for it. */
import type { BodySource } from '../wsgi/body-source.js';
import type { Chunk, Flow, ResponseHead } from '../wsgi/types.js';

/** A native connection, or a sink that takes the response apart again (sink-peer.ts). */
export interface Peer {
  writeRaw(latin1: string | null, chunk: Chunk | null): Flow;
  endRaw(latin1: string | null, chunk: Chunk | null, describe: () => ResponseHead): Flow;
  abort(): void;
  onDrain(callback: () => void): void;
  onGone(callback: () => void): void;
  upgrade?(): BodySource | null;
}

/** One call of a stream's `write`. */
export interface Written {
  chunk: Chunk;
  encoding: BufferEncoding | 'buffer';
}

export function bytesOf({ chunk, encoding }: Written): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding as BufferEncoding) : chunk;
}

export function isLatin1(encoding: string): boolean {
  return encoding === 'latin1' || encoding === 'ascii' || encoding === 'binary';
}

export function isUtf8(encoding: string): boolean {
  return encoding === 'utf8' || encoding === 'utf-8';
}

/**
 * What kinds of body there are, told apart, and how each is let go of.
 */
import { Buffer } from 'node:buffer';
import type { ReadableStream } from 'node:stream/web';
import { applicationErrors as errors } from '../errors/application.js';
import type { Chunk } from './types.js';

export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function';
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof (value as AsyncIterable<unknown>)[Symbol.asyncIterator] === 'function';
}

/** Made of several realms and libraries, so known by what it does. */
export function isPromise<T>(value: unknown): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<T>).then === 'function';
}

/** An array that has nothing to close. */
export function isPlainList(value: unknown): value is unknown[] {
  return Array.isArray(value) && (value as { close?: unknown }).close === undefined;
}

export function isWebStream(value: unknown): value is ReadableStream<Chunk> {
  return typeof (value as ReadableStream).getReader === 'function';
}

/** PEP 3333: what an application returns may have a `close` method. */
export function isClosable(value: unknown): value is { close(): unknown } {
  return (
    typeof value === 'object' && value !== null && typeof (value as { close?: unknown }).close === 'function'
  );
}

/** A stream of Node's, whose `close()` is called `destroy()`. */
export function isNodeStream(value: unknown): value is { destroy(): unknown } {
  if (typeof value !== 'object' || value === null) return false;
  const { pipe, destroy } = value as Record<string, unknown>;
  return typeof pipe === 'function' && typeof destroy === 'function';
}

/**
 * A web stream, chunk by chunk. Not its own iterator: that one answers `return()` only after the chunk it waits for,
 * which may never come.
 */
export function readWebStream(stream: ReadableStream<Chunk>): AsyncIterator<Chunk> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Chunk>>,
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

/** A list is known as a whole: one write instead of one for each chunk. */
export function joinChunks(chunks: readonly Chunk[]): Chunk {
  if (chunks.length === 1) return chunks[0]!;
  if (chunks.every((chunk) => typeof chunk === 'string')) return chunks.join('');
  return Buffer.concat(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
}

/** @throws UwsgiNodeError when it is none */
export function checkChunk(chunk: Chunk): Chunk {
  if (typeof chunk === 'string' || chunk instanceof Uint8Array) return chunk;
  throw errors.chunkKind(chunk);
}

/** Bytes. */
export function sizeOf(chunk: Chunk): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
}

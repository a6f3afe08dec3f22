/**
 * Request bodies over HTTP. Neither engine can block for the next bytes, and `wsgi.input.read()` must, so a body is read
 * completely before the application runs: in memory up to `post-buffering`, beyond it in a temporary file, as uWSGI and
 * nginx do. The file has no name by the time it is written to, so that nothing is left behind whatever happens.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, read, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BodySource } from '../wsgi/body-source.js';

/** null: none. Buffer: all of it. Otherwise a temporary file that is closed with the response. */
export type HttpBody = Buffer | FileBody | null;

export interface BodyLimits {
  /** Bytes kept in memory. */
  memory: number;
  /** Bytes in all; 0: no limit. */
  total: number;
}

/** Gathers one body. `add` answers false once the body is larger than it may be. */
export class BodyCollector {
  length = 0;
  readonly #limits: BodyLimits;
  readonly #directory: string;
  #chunks: Buffer[] = [];
  #fd = -1;

  /** @param directory where a large body goes; the system's temporary directory (TMPDIR) by default */
  constructor(limits: BodyLimits, directory = tmpdir()) {
    this.#limits = limits;
    this.#directory = directory;
  }

  /**
   * @param chunk is kept: pass a copy of memory that will change
   * @throws the file system's error (ENOSPC, EACCES)
   */
  add(chunk: Buffer): boolean {
    this.length += chunk.length;
    if (this.#limits.total > 0 && this.length > this.#limits.total) return false;
    if (this.#fd < 0 && this.length <= this.#limits.memory) {
      this.#chunks.push(chunk);
      return true;
    }
    if (this.#fd < 0) this.#spill();
    writeAll(this.#fd, chunk);
    return true;
  }

  finish(): HttpBody {
    if (this.#fd >= 0) {
      const body = new FileBody(this.#fd, this.length);
      this.#fd = -1;
      return body;
    }
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.length);
  }

  /** The body will not be used. */
  discard(): void {
    this.#chunks = [];
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  #spill(): void {
    const path = join(this.#directory, `uwsgi-node-body-${randomBytes(12).toString('hex')}`);
    this.#fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    for (const chunk of this.#chunks) writeAll(this.#fd, chunk);
    this.#chunks = [];
  }
}

function writeAll(fd: number, chunk: Buffer): void {
  for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done, chunk.length - done);
}

const CHUNK = 65_536;

/** A body in a file. The sink closes it when the response is complete; after that it reads as ended. */
export class FileBody implements BodySource {
  readonly length: number;
  /** The body was complete before the application saw it; only a failing disk can take some of it away. */
  aborted = false;
  #fd: number;
  #position = 0;
  #reading = false;
  #closed = false;
  #onGone: Array<() => void> = [];
  #gone = false;

  constructor(fd: number, length: number) {
    this.#fd = fd;
    this.length = length;
  }

  read(onChunk: (chunk: Buffer | null) => void): void {
    const size = Math.min(CHUNK, this.length - this.#position);
    if (size <= 0 || this.#closed) {
      queueMicrotask(() => onChunk(null));
      return;
    }
    this.#reading = true;
    read(this.#fd, Buffer.allocUnsafe(size), 0, size, this.#position, (error, count, buffer) => {
      this.#reading = false;
      if (this.#closed) this.#release();
      if (error || count === 0) {
        this.aborted ||= !this.#closed;
        return onChunk(null);
      }
      this.#position += count;
      onChunk(buffer.subarray(0, count));
    });
  }

  readSync(max: number): Buffer {
    const target = Buffer.allocUnsafe(Math.min(max, CHUNK));
    return target.subarray(0, this.readInto(target, 0));
  }

  readInto(target: Uint8Array, at: number): number {
    const size = this.#closed ? 0 : Math.min(target.length - at, this.length - this.#position);
    if (size <= 0) return 0;
    const count = readSync(this.#fd, target, at, size, this.#position);
    this.#position += count;
    return count;
  }

  onGone(callback: () => void): void {
    if (this.#gone) callback();
    else this.#onGone.push(callback);
  }

  /** The response is complete, or its peer gone. */
  close(gone: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    // Not under a read that is under way in another thread of libuv's pool: the number could be somebody else's by then.
    if (!this.#reading) this.#release();
    if (!gone) return;
    this.#gone = true;
    for (const callback of this.#onGone.splice(0)) callback();
  }

  #release(): void {
    closeSync(this.#fd);
  }
}

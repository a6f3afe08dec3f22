/**
 * A sink that edits the head of the response on its way: every kind of application, and what is answered in its place,
 * comes through here. Made only where `add-header` or `rem-header` is there.
 */
import type { BodySource } from '../wsgi/body-source.js';
import type { DirectCall } from '../wsgi/direct.js';
import type { Chunk, Flow, RawSink, ResponseHead, ResponseSink } from '../wsgi/types.js';
import type { HeadEdit } from './head-edit.js';

/** The same call with edited heads; itself where there is nothing to edit, so that it costs nothing. */
export function editHeads(call: DirectCall, edit: HeadEdit | null): DirectCall {
  if (edit === null) return call;
  return (environ, sink, report) => call(environ, new EditedSink(sink, edit), report);
}

/** What is not edited, whichever way the response comes. */
abstract class Edited<Inner extends ResponseSink | RawSink> {
  constructor(
    protected readonly inner: Inner,
    protected readonly edit: HeadEdit,
  ) {}

  abort(): void {
    this.inner.abort();
  }

  onDrain(callback: () => void): void {
    this.inner.onDrain(callback);
  }

  onGone(callback: () => void): void {
    this.inner.onGone(callback);
  }
}

class EditedSink extends Edited<ResponseSink> implements ResponseSink {
  respond(head: ResponseHead, body: Chunk | null): void {
    this.inner.respond(this.edit.ofHead(head), body);
  }

  begin(head: ResponseHead, chunk: Chunk | null): Flow {
    return this.inner.begin(this.edit.ofHead(head), chunk);
  }

  sendFile(head: ResponseHead, fd: number, from?: number): boolean {
    return this.inner.sendFile?.(this.edit.ofHead(head), fd, from) === true;
  }

  write(chunk: Chunk): Flow {
    return this.inner.write(chunk);
  }

  end(): void {
    this.inner.end();
  }

  get raw(): RawSink | undefined {
    const raw = this.inner.raw;
    return raw === undefined ? undefined : new EditedRawSink(raw, this.edit);
  }
}

/** The same for a response that comes as bytes: its head is in the first that is written, whole. */
class EditedRawSink extends Edited<RawSink> implements RawSink {
  #isEdited = false;

  writeRaw(latin1: string | null, chunk: Chunk | null): Flow {
    if (this.#isEdited) return this.inner.writeRaw(latin1, chunk);
    return this.inner.writeRaw(...this.#first(latin1, chunk));
  }

  endRaw(latin1: string | null, chunk: Chunk | null, describe: () => ResponseHead): Flow {
    const described = () => this.edit.ofHead(describe());
    if (this.#isEdited) return this.inner.endRaw(latin1, chunk, described);
    return this.inner.endRaw(...this.#first(latin1, chunk), described);
  }

  #first(latin1: string | null, chunk: Chunk | null): [latin1: string | null, chunk: Chunk | null] {
    this.#isEdited = true;
    if (latin1 !== null) return [this.edit.ofText(latin1, 'latin1'), chunk];
    if (chunk === null) return [null, null];
    return [null, typeof chunk === 'string' ? this.edit.ofText(chunk, 'utf8') : this.edit.ofBytes(chunk)];
  }

  /** What an application writes into a pipe is its own. */
  upgrade(): BodySource | null {
    this.#isEdited = true;
    return this.inner.upgrade();
  }
}

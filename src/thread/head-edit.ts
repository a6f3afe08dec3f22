/**
 * What `add-header` and `rem-header` make of the head of a response. As in uWSGI a name that is taken out is taken out of
 * what the application and the server say, never of what is added.
 */
import type { Settings } from '../config/settings.js';
import type { Header, ResponseHead } from '../wsgi/types.js';

const endOfHead = '\r\n\r\n';

export class HeadEdit {
  /** Lines that are taken out; null: none. */
  readonly #removed: RegExp | null;
  readonly #removedNames: ReadonlySet<string>;
  readonly #added: readonly Header[];
  /** `Name: value\r\n…`, in the two ways that a head can be written. */
  readonly #addedText: { readonly latin1: string; readonly utf8: string };
  /** Applications answer with the same few heads again and again, and `wsgi/` keeps them. */
  #latest: { of: ResponseHead; edited: ResponseHead } | null = null;

  private constructor(added: readonly Header[], removed: readonly string[]) {
    this.#removedNames = new Set(removed.map((name) => name.toLowerCase()));
    const names = removed.map((name) => name.replace(/[*+.^|$]/g, '\\$&'));
    this.#removed = names.length === 0 ? null : new RegExp(`^(?:${names.join('|')}):.*\r\n`, 'gim');
    const utf8 = added.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    this.#addedText = { utf8, latin1: asLatin1(utf8) };
    this.#added = added.map(([name, value]) => [name, asLatin1(value)]);
  }

  /** Null where there is nothing to do. */
  static of({ addHeader, remHeader }: Pick<Settings, 'addHeader' | 'remHeader'>): HeadEdit | null {
    return addHeader.length + remHeader.length === 0 ? null : new HeadEdit(addHeader, remHeader);
  }

  ofHead(head: ResponseHead): ResponseHead {
    if (this.#latest?.of === head) return this.#latest.edited;
    const kept = head.headers.filter(([name]) => !this.#removedNames.has(name.toLowerCase()));
    const edited = {
      code: head.code,
      status: head.status,
      headers: [...kept, ...this.#added],
      text: this.#withoutRemoved(head.text) + this.#addedText.latin1,
      // How the body is framed stays as it is, whatever the head says of it.
      contentLength: head.contentLength,
    };
    this.#latest = { of: head, edited };
    return edited;
  }

  /**
   * A head that an HTTP server has written, from its version on, and what stands behind it.
   * @param encoding in which it will be written
   */
  ofText(text: string, encoding: 'latin1' | 'utf8'): string {
    const end = text.indexOf(endOfHead);
    if (end < 0) return text;
    const headers = this.#withoutRemoved(text.slice(0, end + 2));
    return headers + this.#addedText[encoding] + text.slice(end + 2);
  }

  ofBytes(bytes: Uint8Array): Uint8Array {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = buffer.indexOf(endOfHead);
    if (end < 0) return bytes;
    const behind = end + endOfHead.length;
    const head = this.ofText(buffer.toString('latin1', 0, behind), 'latin1');
    return Buffer.concat([Buffer.from(head, 'latin1'), buffer.subarray(behind)]);
  }

  #withoutRemoved(lines: string): string {
    return this.#removed === null ? lines : lines.replace(this.#removed, '');
  }
}

/** The bytes of a text of the configuration, one character each. */
function asLatin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

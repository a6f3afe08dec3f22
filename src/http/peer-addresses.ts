/**
 * REMOTE_ADDR under uWebSockets.js, where every question costs a getpeername(2) and an ArrayBuffer: 2.5 µs, and a whole
 * request takes 10. The engine tells of connections that open and close, but not which of them a request came on. So
 * the address is asked for when a connection opens, and while all that are open came from one address, as they do behind
 * a proxy, it is that of every request. Otherwise each request asks.
 */
export interface Connection {
  /** 4 or 16 bytes in network order; none when the peer has already gone. */
  getRemoteAddress(): ArrayBuffer;
}

const MAX_KEPT = 1_000;

export class PeerAddresses {
  #open = 0;
  /** Where all open connections came from; null when there are several such addresses. */
  #only: string | null = null;
  readonly #v4 = new Map<number, string>();

  opened(connection: Connection): void {
    this.#open += 1;
    if (this.#open === 1) this.#only = this.#ask(connection);
    else if (this.#only !== null && this.#ask(connection) !== this.#only) this.#only = null;
  }

  closed(): void {
    this.#open -= 1;
  }

  /** The address that a request came from, as nginx writes it. */
  of(connection: Connection): string {
    return this.#only ?? this.#ask(connection);
  }

  #ask(connection: Connection): string {
    const bytes = new Uint8Array(connection.getRemoteAddress());
    if (bytes.length === 4) return this.#nameV4(bytes);
    return bytes.length === 16 ? nameV6(bytes) : '';
  }

  #nameV4(bytes: Uint8Array): string {
    const key = (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
    const known = this.#v4.get(key);
    if (known !== undefined) return known;
    const name = bytes.join('.');
    if (this.#v4.size >= MAX_KEPT) this.#v4.clear();
    this.#v4.set(key, name);
    return name;
  }
}

/** RFC 5952: lower case, no leading zeros, the longest run of zero groups as `::`; an IPv4 address is shown as one. */
function nameV6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return `::ffff:${bytes.subarray(12).join('.')}`;
  }
  const { at, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, at).join(':')}::${hex.slice(at + length).join(':')}`;
}

function longestZeros(groups: readonly number[]): { at: number; length: number } {
  let best = { at: 0, length: 0 };
  for (let at = 0; at < groups.length; at += 1) {
    let length = 0;
    while (groups[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  return best;
}

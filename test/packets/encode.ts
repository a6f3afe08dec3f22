/**
 * The uwsgi packet as a peer writes it: the opposite direction of native/core/protocol/uwsgi.cc, and independent of it.
 * Text is latin-1 throughout: one character, one byte.
 */

/** One var. A list of them, not an object: order and repetition matter on the wire. */
export type Var = readonly [key: string, value: string];

export interface PacketOptions {
  /** 0-255, default 0. */
  modifier1?: number;
  /** 0-255, default 0. */
  modifier2?: number;
  /** What follows the vars. Default: nothing. */
  body?: string | Uint8Array;
}

export function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** `text` with its length, u16le, in front. */
export function sized(text: string): Buffer {
  const size = Buffer.alloc(2);
  size.writeUInt16LE(text.length);
  return Buffer.concat([size, latin1(text)]);
}

export function encodeVars(vars: readonly Var[]): Buffer {
  return Buffer.concat(vars.flatMap(([key, value]) => [sized(key), sized(value)]));
}

/** A packet around a vars block that need not be well-formed. */
export function encodeBlock(block: Uint8Array, options: PacketOptions = {}): Buffer {
  const { modifier1 = 0, modifier2 = 0, body = '' } = options;
  const header = Buffer.alloc(4);
  header.writeUInt8(modifier1, 0);
  header.writeUInt16LE(block.length, 1);
  header.writeUInt8(modifier2, 3);
  return Buffer.concat([header, block, typeof body === 'string' ? latin1(body) : body]);
}

/** @throws RangeError when a key, a value or the whole block does not fit in 65535 bytes. */
export function encodePacket(vars: readonly Var[], options: PacketOptions = {}): Buffer {
  return encodeBlock(encodeVars(vars), options);
}

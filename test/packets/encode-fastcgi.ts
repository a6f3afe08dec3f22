/**
 * FastCGI as a front server writes it: the opposite direction of native/core/protocol/fastcgi.cc, and independent of it.
 * Text is latin-1 throughout.
 */
import { latin1, type Var } from './encode.js';

/** Record types of FastCGI 1.0, section 8. */
export const type = {
  begin: 1,
  abort: 2,
  end: 3,
  params: 4,
  stdin: 5,
  stdout: 6,
  data: 8,
  getValues: 9,
  getValuesResult: 10,
  unknown: 11,
} as const;

export interface RecordOptions {
  /** Of the request; default 1. */
  id?: number;
  /** Bytes behind the content, 0-255; default 0. */
  padding?: number;
  /** Default 1. */
  version?: number;
}

export function record(type: number, content: Uint8Array | string = '', options: RecordOptions = {}): Buffer {
  const { id = 1, padding = 0, version = 1 } = options;
  const bytes = typeof content === 'string' ? latin1(content) : content;
  const header = Buffer.alloc(8);
  header.writeUInt8(version, 0);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(id, 2);
  header.writeUInt16BE(bytes.length, 4);
  header.writeUInt8(padding, 6);
  return Buffer.concat([header, bytes, Buffer.alloc(padding, 'p')]);
}

/** @param options.role 1, a responder, by default; @param options.keep FCGI_KEEP_CONN, set by default */
export function begin(
  options: { id?: number; role?: number; keep?: boolean; padding?: number } = {},
): Buffer {
  const { role = 1, keep = true, ...more } = options;
  return record(type.begin, Buffer.from([role >> 8, role & 255, keep ? 1 : 0, 0, 0, 0, 0, 0]), more);
}

/** A length in one byte, or in four where it must or is told to be. */
export function nameLength(length: number, isLong = length > 127): Buffer {
  if (!isLong) return Buffer.from([length]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((length | 0x8000_0000) >>> 0);
  return bytes;
}

export function nameValues(vars: readonly Var[], isLong?: boolean): Buffer {
  return Buffer.concat(
    vars.flatMap(([name, value]) => [
      nameLength(name.length, isLong),
      nameLength(value.length, isLong),
      latin1(name + value),
    ]),
  );
}

/** `content` in records of this size, and the empty record behind them. */
export function stream(
  type: number,
  content: Uint8Array | string,
  size = 65_535,
  options: RecordOptions = {},
): Buffer {
  const bytes = typeof content === 'string' ? latin1(content) : content;
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size)
    records.push(record(type, bytes.subarray(at, at + size), options));
  return Buffer.concat([...records, record(type, '', options)]);
}

/** A whole request. */
export function encodeFastcgi(
  vars: readonly Var[],
  body: Uint8Array | string = '',
  options: { id?: number; keep?: boolean; padding?: number } = {},
): Buffer {
  return Buffer.concat([
    begin(options),
    stream(type.params, nameValues(vars), 65_535, options),
    stream(type.stdin, body, 32_768, options),
  ]);
}

/**
 * The corpus: `valid/` and `invalid/`, raw bytes (`NNN-name.bin`) beside what a reader must make of them
 * (`NNN-name.json`). The C++ tests read the same files, and the fuzzers start from the same bytes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Var } from './encode.js';

/** As in native/core/protocol/uwsgi.h, in words. */
export type InvalidReason = 'empty-key' | 'truncated-var' | 'bad-content-length' | 'no-vars' | 'http' | 'tls';

export interface ValidPacket {
  name: string;
  /** What this packet is here for. */
  why: string;
  bytes: Buffer;
  modifier1: number;
  modifier2: number;
  /** In the order of the packet, repetitions included. */
  vars: Var[];
  /** Of the last CONTENT_LENGTH; null when that is absent or empty. */
  contentLength: number | null;
  /** The bytes after the vars that belong to the request, at most `contentLength`. */
  body: Buffer;
  /** Bytes after the body, which belong to nobody. */
  surplus: Buffer;
}

export interface InvalidPacket {
  name: string;
  why: string;
  bytes: Buffer;
  reason: InvalidReason;
  /** Well-formed vars in front of the bad one. */
  varsBefore: number;
}

/** Long runs are written short: `{ "repeat": "x", "times": 3 }` is `"xxx"`, and three vars in the place of a var. */
export interface Repeat<T> {
  repeat: T;
  times: number;
}
export type StoredText = string | Repeat<string>;
export type StoredVar = readonly [key: StoredText, value: StoredText];

export interface StoredValid {
  why: string;
  modifier1: number;
  modifier2: number;
  vars: readonly (StoredVar | Repeat<StoredVar>)[];
  contentLength: number | null;
  body: StoredText;
  surplus: StoredText;
}
export type StoredInvalid = Pick<InvalidPacket, 'why' | 'reason' | 'varsBefore'>;

export function expandText(text: StoredText): string {
  return typeof text === 'string' ? text : text.repeat.repeat(text.times);
}

export function expandVars(stored: StoredValid['vars']): Var[] {
  return stored.flatMap((entry) => {
    const { repeat, times } = 'repeat' in entry ? entry : { repeat: entry, times: 1 };
    const pair: Var = [expandText(repeat[0]), expandText(repeat[1])];
    return new Array<Var>(times).fill(pair);
  });
}

export function validPackets(): ValidPacket[] {
  return readKind<StoredValid>('valid').map(({ name, bytes, stored }) => ({
    ...stored,
    name,
    bytes,
    vars: expandVars(stored.vars),
    body: Buffer.from(expandText(stored.body), 'latin1'),
    surplus: Buffer.from(expandText(stored.surplus), 'latin1'),
  }));
}

export function invalidPackets(): InvalidPacket[] {
  return readKind<StoredInvalid>('invalid').map(({ name, bytes, stored }) => ({ ...stored, name, bytes }));
}

function readKind<T>(kind: 'valid' | 'invalid') {
  const folder = join(import.meta.dirname, kind);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.bin'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.bin'.length);
      const stored = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as T;
      return { name: `${kind}/${name}`, bytes: readFileSync(join(folder, file)), stored };
    });
}

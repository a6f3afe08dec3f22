/**
 * The corpus, a folder for each protocol but uwsgi, whose packets lie beside this file: `valid/` and `invalid/`, raw bytes
 * (`NNN-name.bin`) beside what a reader must make of them (`NNN-name.json`). The C++ tests read the same files, and the
 * fuzzers start from the same bytes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Var } from './encode.js';

/** As in native/core/protocol/vars.h, in words. */
export type InvalidReason =
  | 'empty-key'
  | 'truncated-var'
  | 'bad-content-length'
  | 'no-vars'
  | 'http'
  | 'tls'
  | 'too-many-vars'
  | 'version'
  | 'unexpected'
  | 'short-body'
  | 'netstring'
  | 'no-content-length';

/** Of SCGI, and what all have. */
export interface ValidPacket {
  name: string;
  /** What this packet is here for. */
  why: string;
  bytes: Buffer;
  /** In the order of the packet, repetitions included. */
  vars: Var[];
  /** Of the last CONTENT_LENGTH; null when that is absent or empty. */
  contentLength: number | null;
  /** The bytes after the vars that belong to the request, at most `contentLength`. */
  body: Buffer;
  /** Bytes after the body, which belong to nobody. */
  surplus: Buffer;
}

export interface UwsgiPacket extends ValidPacket {
  modifier1: number;
  modifier2: number;
}

/** As in native/core/protocol/fastcgi.h, in words; what asks for no more bytes, in order. */
export type FastcgiStep =
  | 'head'
  | 'end'
  | 'aborted'
  | 'multiplexed'
  | 'unknown-role'
  | 'values'
  | 'unknown-type';

export interface FastcgiPacket extends ValidPacket {
  /** FCGI_KEEP_CONN, 0 or 1. */
  keep: number;
  steps: FastcgiStep[];
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

export interface StoredPacket {
  why: string;
  vars: readonly (StoredVar | Repeat<StoredVar>)[];
  contentLength: number | null;
  body: StoredText;
  surplus: StoredText;
}
export type StoredUwsgi = StoredPacket & Pick<UwsgiPacket, 'modifier1' | 'modifier2'>;
export type StoredFastcgi = StoredPacket & Pick<FastcgiPacket, 'keep' | 'steps'>;
export type StoredInvalid = Pick<InvalidPacket, 'why' | 'reason' | 'varsBefore'>;

export function expandText(text: StoredText): string {
  return typeof text === 'string' ? text : text.repeat.repeat(text.times);
}

export function expandVars(stored: StoredPacket['vars']): Var[] {
  return stored.flatMap((entry) => {
    const { repeat, times } = 'repeat' in entry ? entry : { repeat: entry, times: 1 };
    const pair: Var = [expandText(repeat[0]), expandText(repeat[1])];
    return new Array<Var>(times).fill(pair);
  });
}

export const validPackets = () => readValid<StoredUwsgi>('valid');
export const fastcgiPackets = () => readValid<StoredFastcgi>('fastcgi/valid');
export const scgiPackets = () => readValid<StoredPacket>('scgi/valid');

/** @param protocol '' is uwsgi */
export function invalidPackets(protocol: '' | 'fastcgi' | 'scgi' = ''): InvalidPacket[] {
  const files = readFolder<StoredInvalid>(join(protocol, 'invalid'));
  return files.map(({ name, bytes, stored }) => ({ ...stored, name, bytes }));
}

function readValid<T extends StoredPacket>(folder: string) {
  return readFolder<T>(folder).map(({ name, bytes, stored }) => ({
    ...stored,
    name,
    bytes,
    vars: expandVars(stored.vars),
    body: Buffer.from(expandText(stored.body), 'latin1'),
    surplus: Buffer.from(expandText(stored.surplus), 'latin1'),
  }));
}

function readFolder<T>(folder: string) {
  const path = join(import.meta.dirname, folder);
  return readdirSync(path)
    .filter((file) => file.endsWith('.bin'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.bin'.length);
      const stored = JSON.parse(readFileSync(join(path, `${name}.json`), 'utf8')) as T;
      return { name: `${folder}/${name}`, bytes: readFileSync(join(path, file)), stored };
    });
}

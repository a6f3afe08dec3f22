/** SCGI as a front server writes it, independent of native/core/protocol/scgi.cc. Text is latin-1 throughout. */
import { latin1, type Var } from './encode.js';

/** Names and values, each with its NUL. */
export function headers(vars: readonly Var[]): string {
  return vars.map(([name, value]) => `${name}\0${value}\0`).join('');
}

/** A netstring around headers that need not be well-formed, and what follows it. */
export function netstring(block: string, body = ''): Buffer {
  return latin1(`${block.length}:${block},${body}`);
}

export function encodeScgi(vars: readonly Var[], body = ''): Buffer {
  return netstring(headers(vars), body);
}

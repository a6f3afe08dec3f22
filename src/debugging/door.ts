/**
 * The door of a running server for whoever debugs it: where it is, and what is said there. The master listens
 * (src/master/debug-door.ts), `uwsgi-node traceback` and `uwsgi-node profile` come (client.ts).
 */
import { readlinkSync } from 'node:fs';

/** One line of JSON, from who comes. */
export type DoorRequest =
  | { kind: 'traceback' }
  | { kind: 'profile'; worker: number; core: number; seconds: number }
  | { kind: 'heap'; worker: number; core: number };

/** Seconds that a CPU profile may last: V8 keeps all of it in memory until then. */
export const LONGEST_PROFILE = 600;

/** One line of JSON, back. */
export type DoorReply = { lines: string[] } | { problem: string };

/** Longest request, bytes. */
export const LONGEST_REQUEST = 4096;

/**
 * The name of the socket: an abstract one, so that nothing is left behind by a master that is killed, and neither a
 * read-only file system nor a private /tmp is in the way. Containers that share a network have processes of the same
 * number, so their own space of numbers belongs to the name.
 */
export const doorOf = (pid: number): string => `@uwsgi-node-debug-${pidNamespace()}-${pid}`;

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  } catch {
    return '';
  }
}

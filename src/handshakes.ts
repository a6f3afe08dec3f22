/**
 * The handshakes of a TCP port that are under way. Under TCP_DEFER_ACCEPT, which is the rule, a connection counts as such
 * until its client has sent something, for a second at most: so long the kernel does not show it to accept(2).
 */
import { createReadStream } from 'node:fs';

/** Those of a process are there even where a service sees no more of /proc than processes (systemd's ProcSubset=pid). */
const tables = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
/** `TCP_SYN_RECV` of the kernel's net/tcp_states.h, as the tables write it. */
const SYN_RECV = '03';

/** @returns whether there are any; false where the kernel does not tell. */
export async function hasHandshakes(port: number): Promise<boolean> {
  // The end of the local address, the other's, the state.
  const row = new RegExp(`:${hexadecimal(port)} [0-9A-F]+:[0-9A-F]{4} ${SYN_RECV} `);
  const found = await Promise.all(tables.map((table) => contains(table, row)));
  return found.includes(true);
}

const hexadecimal = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');

/** A busy host has a hundred thousand rows: they are read piece by piece, and no further than need be. */
async function contains(table: string, row: RegExp): Promise<boolean> {
  let read = '';
  try {
    for await (const piece of createReadStream(table, 'latin1')) {
      // More than `row` matches, which may begin in one piece and end in the next.
      read = read.slice(-100) + piece;
      if (row.test(read)) return true;
    }
  } catch {
    // Without IPv6 there is no tcp6.
  }
  return false;
}

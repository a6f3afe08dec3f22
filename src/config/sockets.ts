/**
 * From the socket lines of a configuration to what is bound, once all lines are known: a `shared-socket` may stand below the
 * line that uses it, and `protocol`, `abstract-socket` and `chdir` below all of them.
 */
import { resolve } from 'node:path';
import { problems } from '../errors/configuration.js';
import type { Draft, PendingSocket } from './option.js';
import { whereIs } from './origin.js';
import type { SocketSetting } from './settings.js';

/** @param folder where relative paths lead from. */
export function resolveSockets(
  draft: Draft,
  protocol: SocketSetting['protocol'],
  folder: string,
): SocketSetting[] {
  const sockets: SocketSetting[] = [];
  const seen = new Map<string, SocketSetting>();
  for (const pending of draft.sockets) {
    const address = addressOf(draft, pending);
    if (address === null) continue;
    const socket = { address, protocol: pending.protocol ?? protocol, origin: pending.at.origin };
    const same = seen.get(identityOf(address, folder));
    if (same !== undefined) draft.refuse(pending.at, problems.socketTwice(whereIs(same.origin)));
    else if (!address.endsWith(':0')) seen.set(identityOf(address, folder), socket);
    sockets.push(socket);
  }
  return sockets;
}

/** Of `=N` the address of the shared socket; null after the draft has been told that there is none. */
function addressOf(draft: Draft, { at, address }: PendingSocket): string | null {
  const { sharedSockets } = draft;
  if (!address.startsWith('=')) return draft.areAbstract ? abstract(address) : address;
  const shared = sharedSockets[Number(address.slice(1))];
  if (shared === undefined) draft.refuse(at, problems.noSharedSocket(address.slice(1), sharedSockets.length));
  return shared ?? null;
}

const abstract = (address: string) => (/^@|:/.test(address) ? address : `@${address}`);

/** The same text for all ways to write one address. */
function identityOf(address: string, folder: string): string {
  if (address.startsWith('@') || address.startsWith('fd://')) return address;
  if (!address.includes(':') || address.startsWith('/')) return resolve(folder, address);
  return address.replace(/^\*?:(\d+)$/, '0.0.0.0:$1');
}

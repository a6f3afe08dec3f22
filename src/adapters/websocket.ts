/**
 * Upgrades: the connection of a request becomes a pipe, for WebSockets and whatever else a server's `upgrade` listeners
 * speak. nginx passes such a request on without a word in its configuration, and becomes a pipe itself on a 101.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Environ } from '../wsgi/types.js';
import type { PeerSocket } from './socket.js';

/** What Node's server gives an `upgrade` listener. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** How an adapted application tells who takes its upgrades. */
export const upgradeListener: unique symbol = Symbol.for('uwsgi-node.upgradeListener.1');

interface Upgradable {
  [upgradeListener]?(): UpgradeListener | null;
}

/** Who takes the upgrades of an application; null where nobody listens for them. */
export function upgradeListenerOf(application: object): UpgradeListener | null {
  return (application as Upgradable)[upgradeListener]?.() ?? null;
}

/** The `upgrade` listeners of a server, as one. */
export function listenersOf(server: Server | null): UpgradeListener | null {
  if (server === null || server.listenerCount('upgrade') === 0) return null;
  return (request, socket, head) => void server.emit('upgrade', request, socket, head);
}

const nothing = Buffer.alloc(0);

/** As node:http decides it: without an `upgrade` listener the request is an ordinary one. */
export function isUpgrade(environ: Environ, server: Server): boolean {
  const { HTTP_UPGRADE, HTTP_CONNECTION } = environ;
  if (typeof HTTP_UPGRADE !== 'string' || HTTP_UPGRADE === '') return false;
  return (
    /(?:^|[\s,])upgrade(?:$|[\s,])/i.test(String(HTTP_CONNECTION)) && server.listenerCount('upgrade') > 0
  );
}

/** False: what carries the request cannot be a pipe, so it is served as an ordinary request. */
export function upgrade(server: Server, request: IncomingMessage, socket: PeerSocket): boolean {
  if (!socket.upgrade()) return false;
  Object.assign(request, { upgrade: true });
  server.emit('upgrade', request, socket, nothing);
  return true;
}

/**
 * The listening sockets, which the master binds once and holds until the end: workers inherit them, so that the queue of
 * waiting connections outlives every worker.
 */
import { chownSync, lstatSync, readFileSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Settings, SocketSetting } from '../config/settings.js';
import { startErrors } from '../errors.js';
import { reloads, socketLine, vacuum, warnings } from '../log/startup.js';
import type { InheritedListener } from '../messages.js';
import type { BoundListener, ListenOptions } from '../native.js';
import { findGroup, findUser } from './accounts.js';
import { isBoundTo } from './bound-address.js';
import type { Target } from './privileges.js';

/** The piece of the addon this needs. */
export interface Binder {
  bindListener(address: string, options: ListenOptions): BoundListener;
  closeFd(fd: number): void;
}

export interface Listener extends InheritedListener {
  /** As the configuration writes it: by this a reload knows the socket again. */
  address: string;
  /** The socket's file and who it is, to remove it at the end; null for TCP and abstract names. */
  file: { path: string; device: number; inode: number } | null;
  /** The configuration left the port to the kernel. */
  assigned: boolean;
  passed: boolean;
}

/** How long an address may be in use, milliseconds: as long as nginx tries. */
const PATIENCE = 2_500;
/** Between two tries, milliseconds. */
const AGAIN = 50;

export interface Backlog {
  length: number;
  warning: string | null;
}

/** `listen`, or as much as the kernel grants up to 4096; never more than net.core.somaxconn. */
export function backlogOf(listen: number | null, limit = readSomaxconn()): Backlog {
  if (listen === null) return { length: Math.min(4096, limit), warning: null };
  if (listen <= limit) return { length: listen, warning: null };
  return { length: limit, warning: warnings.backlog(listen, limit) };
}

function readSomaxconn(): number {
  try {
    return Number(readFileSync('/proc/sys/net/core/somaxconn', 'ascii')) || 4096;
  } catch {
    return 4096;
  }
}

/**
 * Binds every socket of the configuration, in its order.
 *
 * @param owner who unix sockets belong to when `chown-socket` does not say: whoever the server becomes, as in uWSGI,
 *              which binds after it has given up root.
 * @param open  listeners that are there already; those that the configuration still has are taken over as they are.
 * @returns the listeners and warnings for the log.
 * @throws {UwsgiNodeError} UWSGI_BIND and others; what was bound here is closed and removed again.
 */
export async function bindListeners(
  settings: Pick<Settings, 'sockets' | 'chmodSocket' | 'chownSocket'> & Partial<Pick<Settings, 'tcp'>>,
  backlog: number,
  owner: Target,
  native: Binder,
  open: readonly Listener[] = [],
): Promise<{ listeners: Listener[]; warnings: string[] }> {
  const listeners: Listener[] = [];
  const left = [...open];
  const found: string[] = [];
  const socketOwner = resolveOwner(settings.chownSocket, owner);
  try {
    for (const socket of settings.sockets) {
      const path = pathOf(socket.address);
      const known = left.findIndex((listener) => isThatOf(listener, socket, path));
      if (known >= 0) {
        const kept = { ...left.splice(known, 1)[0]!, protocol: socket.protocol };
        listeners.push(kept);
        if (kept.passed && isPublic(kept)) found.push(warnings.publicSocket(kept.name));
        continue;
      }
      if (path !== null && (await clearPath(path, socket))) found.push(warnings.liveOwner(path));
      const listener = await bindOne(
        socket,
        path,
        { backlog, mode: settings.chmodSocket, ...settings.tcp },
        native,
      );
      listeners.push(listener);
      if (path !== null) giveTo(path, socketOwner);
      if (isPublic(listener)) found.push(warnings.publicSocket(listener.name));
    }
  } catch (error) {
    closeListeners(missingIn(open, listeners), native);
    throw error;
  }
  return { listeners, warnings: found };
}

async function bindOne(
  socket: SocketSetting,
  path: string | null,
  options: ListenOptions,
  native: Binder,
): Promise<Listener> {
  let bound: BoundListener;
  try {
    // As written, not made absolute: a unix address holds 107 bytes, which a deep working directory would use up.
    bound = await bindWhenFree(socket.address, options, native);
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    if (cause.syscall === 'getaddrinfo') throw startErrors.unresolvedHost(socket.address, socket.origin);
    throw startErrors.bind(socket.address, socket.origin, cause);
  }
  let file: Listener['file'] = null;
  if (path !== null) {
    const { dev: device, ino: inode } = lstatSync(path);
    file = { path, device, inode };
  }
  return {
    fd: bound.fd,
    address: socket.address,
    name: path ?? bound.name,
    protocol: socket.protocol,
    family: bound.family,
    file,
    assigned: bound.family !== 'unix' && socket.address.endsWith(':0'),
    passed: socket.address.startsWith('fd://'),
  };
}

/** The workers of a master that was killed keep its address for a moment, until they have accepted what waits there. */
async function bindWhenFree(address: string, options: ListenOptions, native: Binder): Promise<BoundListener> {
  for (const until = performance.now() + PATIENCE; ; await delay(AGAIN)) {
    try {
      return native.bindListener(address, options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || performance.now() >= until) throw error;
    }
  }
}

/** Whether a listener serves this socket; not when somebody has removed or replaced its file. */
function isThatOf(listener: Listener, socket: SocketSetting, path: string | null): boolean {
  const { address, file, passed } = listener;
  if (passed) return address === socket.address || isBoundTo(listener, socket.address);
  if (file === null) return path === null && address === socket.address;
  const there = path === file.path ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
  return there?.dev === file.device && there.ino === file.inode;
}

/** The listeners of `all` that are not among `some`. */
export function missingIn(some: readonly Listener[], all: readonly Listener[]): Listener[] {
  return all.filter(({ fd }) => !some.some((other) => other.fd === fd));
}

/** Connections that wait at listeners to be accepted; those of which the kernel does not tell count as none. */
export function waitingAt(
  listeners: readonly { fd: number }[],
  native: { queueDepth(fd: number): number },
): number {
  return listeners.reduce((sum, { fd }) => sum + Math.max(0, native.queueDepth(fd)), 0);
}

/** Takes listeners away for good. Returns lines for the log. */
export function closeListeners(listeners: readonly Listener[], native: Binder): string[] {
  const lines = removeSockets(listeners);
  for (const { fd } of listeners) native.closeFd(fd);
  return lines;
}

/** The absolute path of a unix socket with a file; null for `@abstract`, TCP and `fd://N`. */
function pathOf(address: string): string | null {
  if (address.startsWith('/')) return address;
  return address.startsWith('@') || address.includes(':') ? null : resolve(address);
}

/**
 * Makes room for a socket at `path`: what a killed server left there is removed, as uWSGI does.
 * @returns true when somebody still listened there.
 * @throws {UwsgiNodeError} UWSGI_NOT_A_SOCKET when a file of another kind is in the way: it may be precious.
 */
async function clearPath(path: string, { address, origin }: SocketSetting): Promise<boolean> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return false;
  if (!there.isSocket()) throw startErrors.notASocket(path, origin);
  const alive = await isAlive(path);
  try {
    unlinkSync(path);
  } catch (error) {
    throw startErrors.bind(address, origin, error as NodeJS.ErrnoException);
  }
  return alive;
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      settle(true);
    });
    // EAGAIN: somebody listens, but the queue is full.
    probe.once('error', (error: NodeJS.ErrnoException) => settle(error.code === 'EAGAIN'));
  });
}

interface SocketOwner {
  uid: number;
  gid: number;
}

/** `user[:group]` in numbers, -1 for what stays as it is; null when nothing is to change. */
function resolveOwner(chownSocket: string | null, owner: Target): SocketOwner | null {
  if (chownSocket === null) {
    return owner.uid === null && owner.gid === null ? null : { uid: owner.uid ?? -1, gid: owner.gid ?? -1 };
  }
  const [user = '', group] = chownSocket.split(':');
  return {
    uid: user === '' ? -1 : findUser('chown-socket', user).uid,
    gid: group === undefined || group === '' ? -1 : findGroup('chown-socket', group),
  };
}

function giveTo(path: string, owner: SocketOwner | null): void {
  if (owner === null) return;
  try {
    chownSync(path, owner.uid, owner.gid);
  } catch (error) {
    throw startErrors.chownSocket(path, owner.uid, owner.gid, error as NodeJS.ErrnoException);
  }
}

const isPublic = ({ protocol, name }: Listener) => protocol !== 'http' && /^(0\.0\.0\.0|\[::\]):/.test(name);

/**
 * Removes the files of unix sockets that are still ours: an instance started since may have put its own in their place.
 * @returns the lines for the log.
 */
export function removeSockets(listeners: readonly Listener[]): string[] {
  return listeners.flatMap(({ file }) => (file === null ? [] : removeSocket(file)));
}

function removeSocket({ path, device, inode }: NonNullable<Listener['file']>): string[] {
  try {
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there === undefined) return [];
    if (there.dev !== device || there.ino !== inode) return [vacuum.changed(path)];
    unlinkSync(path);
    return [vacuum.removed(path)];
  } catch (error) {
    return [vacuum.failed(path, (error as Error).message)];
  }
}

/** Those that a reload may close. */
export const ownOnes = (listeners: readonly Listener[]) => listeners.filter(({ passed }) => !passed);

/** What the log says of them. @param opened those that are new. */
export function socketLines(listeners: readonly Listener[], opened: readonly Listener[]): string[] {
  return listeners.map((listener, index) => {
    if (opened.includes(listener)) return socketLine({ index, ...listener });
    const { family, name, fd } = listener;
    return reloads.inherited(index, family === 'unix' ? 'UNIX' : 'INET', name, fd);
  });
}

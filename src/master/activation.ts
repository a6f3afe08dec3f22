/**
 * Listening sockets that systemd has opened before the server (socket activation). They are matched with the configured
 * ones by address, as uWSGI does; their files, their permissions and their end are systemd's affair.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { PassedSocket } from '../config/passed-sockets.js';
import { warnings } from '../log/startup.js';
import type { Binder, Listener } from './listeners.js';

/** Takes them over. What is no socket that could listen is left alone, with a warning. */
export function adoptPassed(
  sockets: readonly PassedSocket[],
  backlog: number,
  native: Binder,
): { listeners: Listener[]; warnings: string[] } {
  const listeners: Listener[] = [];
  const found: string[] = [];
  for (const { fd } of sockets) {
    const address = `fd://${fd}`;
    try {
      const { name, family } = native.bindListener(address, { backlog, mode: null });
      const rest = { file: null, assigned: false, passed: true };
      listeners.push({ fd, address, name, protocol: 'uwsgi', family, ...rest });
    } catch (error) {
      found.push(warnings.unusableSocket(fd, (error as Error).message));
    }
  }
  return { listeners, warnings: found };
}

/**
 * Whether a socket that is open already is the one that a configuration means by `address`. All ways to write "every
 * address" are one: `ListenStream=8080` of systemd is `[::]:8080`, and takes IPv4 as well.
 */
export function isBoundTo({ name, family }: Pick<Listener, 'name' | 'family'>, address: string): boolean {
  if (family !== 'unix') {
    const [own, wanted] = [hostAndPort(name), hostAndPort(address)];
    return wanted !== null && own?.port === wanted.port && own.host === wanted.host;
  }
  if (name.startsWith('@') || address.startsWith('@')) return name === address;
  return realPath(name) === realPath(resolve(address));
}

function hostAndPort(address: string): { host: string; port: string } | null {
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  if (host === undefined || port === undefined) return null;
  return { host: ['', '*', '0.0.0.0', '[::]'].includes(host) ? '*' : host, port };
}

/** `/var/run/app.sock` is `/run/app.sock`. */
function realPath(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

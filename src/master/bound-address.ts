/** Whether two addresses are one. */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { BoundListener } from '../native.js';

/**
 * Whether a socket that is open already is the one that a configuration means by `address`. All ways to write "every
 * address" are one: `ListenStream=8080` of systemd is `[::]:8080`, and takes IPv4 as well.
 */
export function isBoundTo(
  { name, family }: Pick<BoundListener, 'name' | 'family'>,
  address: string,
): boolean {
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

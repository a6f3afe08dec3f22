/**
 * The names of sockets (uwsgi-map 3.9): `path`, `@abstract`, `host:port`, `:port`, `*:port`, `10.0.0.*:port`,
 * `[ipv6]:port`, `fd://N`, `=N` for a shared socket.
 */
import { networkInterfaces } from 'node:os';

/** sun_path holds 108 bytes with its closing NUL; uWSGI stops at 102, for the suffixes it appends. */
const LONGEST_UNIX_PATH = 102;

/** Why this is no address a listener could take, or null when it is one. */
export function addressProblem(address: string): string | null {
  if (address === '') return 'it is empty';
  if (address.startsWith('='))
    return /^=\d{1,3}$/.test(address) ? null : '= needs the number of a shared socket';
  if (address.startsWith('fd://')) return /^fd:\/\/\d{1,6}$/.test(address) ? null : 'fd:// needs a number';
  if (address.startsWith('@') || !address.includes(':')) return unixProblem(address);
  return inetProblem(address);
}

function unixProblem(address: string): string | null {
  const bytes = Buffer.byteLength(address);
  return bytes > LONGEST_UNIX_PATH
    ? `a socket path holds ${LONGEST_UNIX_PATH} bytes and this one has ${bytes}`
    : null;
}

function inetProblem(address: string): string | null {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  const port = address.slice(colon + 1);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return `${port || 'nothing'} is not a port (0-65535)`;
  if (host.startsWith('[')) return host.endsWith(']') ? null : 'the bracket is not closed';
  if (/^\d[\d.]*\*$/.test(host)) return 'no interface of this host has such an address';
  return host.includes(':') ? 'an IPv6 address stands in brackets' : null;
}

/** `10.0.0.*:8080` with the first address of this host that fits; other addresses, and those that fit none, as they are. */
export function completeAddress(address: string): string {
  const [, prefix, port] = /^(\d[\d.]*)\*(:\d+)$/.exec(address) ?? [];
  if (prefix === undefined) return address;
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const fitting = own.find((each) => each.family === 'IPv4' && each.address.startsWith(prefix));
  return fitting ? fitting.address + port : address;
}

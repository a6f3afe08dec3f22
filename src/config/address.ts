/**
 * The names of sockets (uwsgi-map 3.9): `path`, `@abstract`, `host:port`, `:port`, `*:port`, `[ipv6]:port`.
 */

/** sun_path holds 108 bytes with its closing NUL; uWSGI stops at 102, for the suffixes it appends. */
const LONGEST_UNIX_PATH = 102;

/** Why this is no address a listener could take, or null when it is one. */
export function addressProblem(address: string): string | null {
  if (address === '') return 'it is empty';
  if (address.startsWith('=')) return 'shared sockets (=N) are not there yet';
  if (address.startsWith('fd://')) return 'inherited descriptors (fd://N) are not there yet';
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
  return host.includes(':') ? 'an IPv6 address stands in brackets' : null;
}

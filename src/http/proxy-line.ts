/**
 * `enable-proxy-protocol`: the line that a load balancer sends ahead of the first request of a connection, to say whose that is
 * (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, version 1). As in uWSGI a connection may come without it.
 */
import { isIPv4, isIPv6, type Socket } from 'node:net';
import { type Refusal, refusals } from './refusals.js';

/** What the line says of a connection. */
export interface ProxiedPeer {
  address: string;
  port: string;
  serverAddress: string;
  serverPort: string;
}

/** - `more`: it may still become a line. - `none`: the connection begins with something else. */
export type ProxyLine =
  | { readonly kind: 'more' | 'none' | 'malformed' | 'version2' }
  /** @property peer null: the balancer does not know, or speaks for itself. @property size in bytes */
  | { readonly kind: 'line'; readonly peer: ProxiedPeer | null; readonly size: number };

const PREFIX = Buffer.from('PROXY ');
/** Of version 2, which is binary. */
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n');
/** Longest line, its end included. */
const LONGEST = 107;

/** @param bytes the first of a connection */
export function readProxyLine(bytes: Buffer): ProxyLine {
  if (beginsLike(bytes, SIGNATURE)) return { kind: bytes.length < SIGNATURE.length ? 'more' : 'version2' };
  if (!beginsLike(bytes, PREFIX)) return { kind: 'none' };
  const end = bytes.subarray(0, LONGEST).indexOf('\r\n');
  if (end < 0) return { kind: bytes.length < LONGEST ? 'more' : 'malformed' };
  const peer = parseLine(bytes.toString('latin1', 0, end));
  return peer === 'malformed' ? { kind: peer } : { kind: 'line', peer, size: end + 2 };
}

const beginsLike = (bytes: Buffer, wanted: Buffer) => {
  const length = Math.min(bytes.length, wanted.length);
  return bytes.compare(wanted, 0, length, 0, length) === 0;
};

function parseLine(line: string): ProxiedPeer | null | 'malformed' {
  // Whatever follows UNKNOWN is to be ignored.
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return null;
  const [, family, ...words] = /^PROXY (TCP4|TCP6) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/.exec(line) ?? [];
  const [address = '', serverAddress = '', port = '', serverPort = ''] = words;
  const isAddress = family === 'TCP4' ? isIPv4 : isIPv6;
  const isValid =
    isAddress(address) && isAddress(serverAddress) && Number(port) < 65_536 && Number(serverPort) < 65_536;
  return isValid ? { address, port, serverAddress, serverPort } : 'malformed';
}

/**
 * Waits for the line, or for what is none, and takes it out of the stream. Until then it holds the connection.
 * @param patience milliseconds
 * @param done   not called where the peer goes before
 */
export function awaitProxyLine(
  socket: Socket,
  patience: number,
  done: (peer: ProxiedPeer | null, refusal: Refusal | null) => void,
): void {
  let bytes = Buffer.alloc(0);
  const finish = (peer: ProxiedPeer | null, refusal: Refusal | null) => {
    release();
    // Of one that is refused nobody else hears an error.
    if (refusal === null) socket.off('error', give);
    done(peer, refusal);
  };
  const look = () => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read())
      bytes = Buffer.concat([bytes, chunk]);
    const line = readProxyLine(bytes);
    if (line.kind === 'more') return;
    if (line.kind === 'malformed' || line.kind === 'version2') {
      finish(null, line.kind === 'malformed' ? refusals.badProxyLine : refusals.proxyVersion);
      return;
    }
    const rest = line.kind === 'line' ? bytes.subarray(line.size) : bytes;
    if (rest.length > 0) socket.unshift(rest);
    finish(line.kind === 'line' ? line.peer : null, null);
  };
  const give = () => socket.destroy();
  const timer = setTimeout(() => finish(null, refusals.slow), patience);
  const release = () => {
    clearTimeout(timer);
    socket.off('readable', look).off('end', give).off('close', release);
  };
  socket.on('readable', look).on('end', give).on('error', give).on('close', release);
}

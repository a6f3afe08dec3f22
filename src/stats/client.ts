/**
 * Reads the statistics of a server, this one or uWSGI. Runs in a program of the operator's (`uwsgi-node top`); at the other
 * end: stats-server.ts.
 */
import { connect, Socket } from 'node:net';
import { toolErrors } from '../errors/tools.js';
import { native } from '../native.js';
import type { Report } from './report.js';

/** Whoever has sent nothing by then wants to be asked over HTTP (`stats-http`), milliseconds. */
const SILENCE = 250;
/** For everything, milliseconds. */
const PATIENCE = 5_000;

const REQUEST = 'GET / HTTP/1.0\r\n\r\n';

/**
 * @param address as in the option `stats`, or `http://host:port`
 * @throws {UwsgiNodeError} UWSGI_STATS_UNREACHABLE, UWSGI_NOT_STATISTICS
 */
export async function readStatistics(address: string): Promise<Report> {
  let text: string;
  try {
    text = await receive(address);
  } catch (error) {
    throw toolErrors.unreachable(address, error as Error);
  }
  try {
    const report = JSON.parse(text.startsWith('HTTP/') ? bodyOf(text) : text);
    if (Array.isArray(report?.workers)) return report as Report;
  } catch {
    // Not JSON: the same as JSON of another kind.
  }
  throw toolErrors.notStatistics(address, text);
}

const bodyOf = (response: string) => response.slice(response.indexOf('\r\n\r\n') + 4);

function receive(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = open(address);
    const silence = setTimeout(() => socket.write(REQUEST), /^http:/.test(address) ? 0 : SILENCE);
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('it did not answer')));
    socket.on('data', (chunk) => {
      clearTimeout(silence);
      chunks.push(chunk);
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(silence);
      resolve(Buffer.concat(chunks).toString());
    });
  });
}

/** An address without a host is this one. */
function open(address: string): Socket {
  const [, rest] = /^http:\/\/([^/]*)/.exec(address) ?? [null, address];
  if (rest.startsWith('@')) return new Socket({ fd: native.connectUnix(rest) });
  if (rest.startsWith('/') || !rest.includes(':')) return connect({ path: rest });
  const colon = rest.lastIndexOf(':');
  const host = rest.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const port = Number(rest.slice(colon + 1));
  return connect({ host: ['', '*', '0.0.0.0'].includes(host) ? '127.0.0.1' : host, port });
}

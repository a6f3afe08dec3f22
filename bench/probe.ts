/** One uwsgi or HTTP request at a time, to see that a server answers and how soon. */
import { connect, type NetConnectOpts } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from './children.js';
import { errors } from './errors.js';
import { runLoad } from './load.js';

const READY_TIMEOUT_MS = 20_000;

export interface Endpoint {
  protocol: 'uwsgi' | 'fastcgi' | 'http';
  /** A path, or host:port. */
  address: string;
}

function connectOptions(address: string): NetConnectOpts {
  const colon = address.lastIndexOf(':');
  if (colon === -1) return { path: address };
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

function uwsgiPacket(path: string): Buffer {
  const mark = path.indexOf('?');
  const vars = {
    QUERY_STRING: mark === -1 ? '' : path.slice(mark + 1),
    REQUEST_METHOD: 'GET',
    CONTENT_LENGTH: '',
    REQUEST_URI: path,
    PATH_INFO: mark === -1 ? path : path.slice(0, mark),
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_NAME: 'localhost',
    SERVER_PORT: '80',
    HTTP_HOST: 'localhost',
  };
  const parts = Object.entries(vars)
    .flat()
    .flatMap((text) => [Buffer.from([text.length & 0xff, text.length >> 8]), Buffer.from(text, 'latin1')]);
  const block = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0, block.length & 0xff, block.length >> 8, 0]), block]);
}

function requestBytes(protocol: Endpoint['protocol'], path: string): Buffer {
  if (protocol === 'uwsgi') return uwsgiPacket(path);
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
}

/** Sends one request and returns the response as text. Rejects when the connection fails or is silent for 20 s. */
export function ask(endpoint: Endpoint, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(connectOptions(endpoint.address));
    socket.setTimeout(READY_TIMEOUT_MS, () => socket.destroy(errors.silent(endpoint.address)));
    socket.on('connect', () => socket.write(requestBytes(endpoint.protocol, path)));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}

export function isOk(response: string): boolean {
  return /^HTTP\/1\.[01] 200 /.test(response);
}

async function answers(endpoint: Endpoint): Promise<boolean> {
  if (endpoint.protocol !== 'fastcgi') return isOk(await ask(endpoint, '/').catch(() => ''));
  const load = { socket: endpoint.address, protocol: 'fastcgi', requests: 1, connections: 1 } as const;
  return (await runLoad(load)).ok === 1;
}

/** Asks every millisecond until there is an answer. */
export async function untilReady(endpoint: Endpoint, child: Child): Promise<void> {
  const end = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const how = child.ended();
    if (how !== null) throw errors.exited(child.name, how, child.log());
    if (await answers(endpoint)) return;
    if (performance.now() > end) throw errors.notReady(child.name, READY_TIMEOUT_MS / 1000, child.log());
    await delay(1);
  }
}

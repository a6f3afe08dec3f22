/**
 * A small uwsgi client: encodes packets, sends them whole or in pieces, reads the answer. It knows nothing of the
 * server's own code, so that both sides cannot share a mistake.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Pairs, where order and repetition matter, or an object. */
export type Vars = Record<string, string> | readonly (readonly [name: string, value: string])[];

/** One request as nginx's stock `uwsgi_params` sends it, with `changes` on top; a null value removes a var. */
export function requestVars(changes: Record<string, string | null> = {}): Record<string, string> {
  const vars: Record<string, string | null> = {
    QUERY_STRING: '',
    REQUEST_METHOD: 'GET',
    CONTENT_TYPE: '',
    CONTENT_LENGTH: '',
    REQUEST_URI: '/',
    PATH_INFO: '/',
    DOCUMENT_ROOT: '/usr/share/nginx/html',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REQUEST_SCHEME: 'http',
    REMOTE_ADDR: '127.0.0.1',
    REMOTE_PORT: '40000',
    SERVER_PORT: '80',
    SERVER_NAME: 'localhost',
    HTTP_HOST: 'localhost',
    HTTP_USER_AGENT: 'test',
    HTTP_ACCEPT: '*/*',
    ...changes,
  };
  const kept = Object.entries(vars).filter((pair): pair is [string, string] => pair[1] !== null);
  return Object.fromEntries(kept);
}

/** Names and values as a vars block: u16le length and bytes of each; strings go as latin-1. */
export function encodeVars(vars: Vars): Buffer {
  const pairs = Array.isArray(vars) ? vars : Object.entries(vars);
  const pieces: Buffer[] = [];
  for (const text of pairs.flat()) {
    const bytes = Buffer.from(text, 'latin1');
    const length = Buffer.alloc(2);
    length.writeUInt16LE(bytes.length);
    pieces.push(length, bytes);
  }
  return Buffer.concat(pieces);
}

/** A whole packet: header, then the vars block. The body, if any, follows it as raw bytes. */
export function encodePacket(vars: Vars, { modifier1 = 0, modifier2 = 0 } = {}): Buffer {
  const block = encodeVars(vars);
  const header = Buffer.alloc(4);
  header.writeUInt8(modifier1, 0);
  header.writeUInt16LE(block.length, 1);
  header.writeUInt8(modifier2, 3);
  return Buffer.concat([header, block]);
}

export interface Response {
  /** 0 when the peer closed without an answer. */
  status: number;
  /** `OK` */
  reason: string;
  /** In their order, names as sent. */
  headers: [name: string, value: string][];
  /** The value of the first header of that name, in any case. */
  header(name: string): string | undefined;
  body: Buffer;
  /** Everything that came. */
  raw: Buffer;
  /** The connection ended with a reset, not with an orderly close. */
  reset: boolean;
}

/** Takes an answer apart. Bytes that are no HTTP head give status 0 and no headers. */
export function parseResponse(raw: Buffer, reset = false): Response {
  const end = raw.indexOf('\r\n\r\n');
  const [first = '', ...lines] = end < 0 ? [] : raw.toString('latin1', 0, end).split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(first);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(status?.[1] ?? 0),
    reason: status?.[2] ?? '',
    headers,
    header: (name) => headers.find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1],
    body: end < 0 ? Buffer.alloc(0) : raw.subarray(end + 4),
    raw,
    reset,
  };
}

/** Connects to `/path`, `@abstract` or `host:port`. */
export async function open(address: string): Promise<Socket> {
  const tcp = /^\[?([^/@]*?)\]?:(\d+)$/.exec(address);
  const socket =
    tcp === null
      ? connect({ path: address.replace(/^@/, '\0') })
      : connect({
          host: tcp[1] === '0.0.0.0' || tcp[1] === '' ? '127.0.0.1' : tcp[1]!,
          port: Number(tcp[2]),
        });
  socket.setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

/** Reads until the peer closes or resets. */
export function readResponse(socket: Socket, timeout = 15_000): Promise<Response> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let reset = false;
    const timer = setTimeout(() => {
      socket.destroy();
      reject(
        new Error(`no end of the response within ${timeout} ms; got ${Buffer.concat(chunks).length} bytes`),
      );
    }, timeout);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') reset = true;
      else reject(error);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(parseResponse(Buffer.concat(chunks), reset));
    });
  });
}

export interface RequestOptions {
  /** What is sent before the body; `requestVars()` by default. CONTENT_LENGTH is added when there is a body and none is given. */
  vars?: Vars;
  body?: Uint8Array | string;
  modifier1?: number;
  modifier2?: number;
  /** Bytes per write, or the sizes of the first writes (the rest goes in one); everything in one write by default. */
  split?: number | number[];
  /** Milliseconds; 15 000 by default. */
  timeout?: number;
}

/** One request over a fresh connection; resolves when the peer has closed it. */
export async function request(address: string, options: RequestOptions = {}): Promise<Response> {
  const socket = await open(address);
  const response = readResponse(socket, options.timeout);
  await sendRequest(socket, options);
  return response;
}

/** Sends it over an open connection, in one write or as `split` says. */
export async function sendRequest(socket: Socket, options: RequestOptions): Promise<void> {
  if (options.split !== undefined) return sendInPieces(socket, encodeRequest(options), options.split);
  // One writev(2): a hundred megabytes are not copied only to stand behind their packet.
  socket.cork();
  for (const bytes of packetAndBody(options)) socket.write(bytes);
  socket.uncork();
}

/** The bytes `request` sends. */
export function encodeRequest(options: RequestOptions = {}): Buffer {
  return Buffer.concat(packetAndBody(options));
}

function packetAndBody({ vars = requestVars(), body, ...modifiers }: RequestOptions): Uint8Array[] {
  if (body === undefined) return [encodePacket(vars, modifiers)];
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const pairs = [...(Array.isArray(vars) ? vars : Object.entries(vars))] as [string, string][];
  const length = pairs.find(([name, value]) => name === 'CONTENT_LENGTH' && value !== '');
  const rest = length === undefined ? pairs.filter(([name]) => name !== 'CONTENT_LENGTH') : pairs;
  if (length === undefined) rest.push(['CONTENT_LENGTH', String(bytes.length)]);
  return [encodePacket(rest, modifiers), bytes];
}

/** Writes `bytes` piece by piece, a turn of the event loop between two of them so that each is a write(2) of its own. */
export async function sendInPieces(
  socket: Socket,
  bytes: Buffer,
  split: number | number[] = [],
): Promise<void> {
  const sizes =
    typeof split === 'number'
      ? (function* forever() {
          for (;;) yield split;
        })()
      : split.values();
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length || socket.destroyed) return;
    socket.write(bytes.subarray(at, at + size));
    at += size;
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (at < bytes.length) socket.write(bytes.subarray(at));
}

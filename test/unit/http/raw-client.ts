/** HTTP by hand: sends exactly the bytes it is given, and says exactly what came back. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawResponse {
  /** `HTTP/1.1 200 OK` */
  statusLine: string;
  status: number;
  /** Names in lower case, in order. */
  headers: Array<[string, string]>;
  /** Decoded, latin-1. */
  body: string;
  header(name: string): string | undefined;
}

export class RawClient {
  /** All bytes so far, latin-1. */
  received = '';
  closed = false;
  /** Whether the connection ended in a reset. */
  reset = false;
  readonly socket: Socket;
  #used = 0;

  /** @param address what a listener is called: a path, or `127.0.0.1:8080` */
  constructor(address: string) {
    this.socket = address.startsWith('/')
      ? connect(address)
      : connect(Number(address.split(':').at(-1)), '127.0.0.1');
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: unknown) => {
      this.received += text;
      this.socket.emit('progress');
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.reset ||= error.code === 'ECONNRESET';
    });
    this.socket.on('close', () => {
      this.closed = true;
      this.socket.emit('progress');
    });
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** The next response, interim ones (1xx) included. Rejects where the connection ends before it is complete. */
  async response(method = 'GET'): Promise<RawResponse> {
    for (;;) {
      const parsed = parseResponse(this.received.slice(this.#used), method, this.closed);
      if (parsed !== null) {
        this.#used += parsed.used;
        return parsed.response;
      }
      if (this.closed)
        throw new Error(`the connection ended within a response: ${this.received.slice(-300)}`);
      await once(this.socket, 'progress');
    }
  }

  /** What has come since the last complete response. */
  get rest(): string {
    return this.received.slice(this.#used);
  }

  async untilReceived(text: string): Promise<void> {
    while (!this.received.includes(text)) {
      if (this.closed) throw new Error(`the connection ended without ${text}: ${this.received.slice(-300)}`);
      await once(this.socket, 'progress');
    }
  }

  async untilClosed(): Promise<void> {
    if (!this.closed) await once(this.socket, 'close');
  }
}

function parseResponse(
  text: string,
  method: string,
  closed: boolean,
): { response: RawResponse; used: number } | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
  });
  const header = (name: string) => headers.find(([key]) => key === name)?.[1];
  const status = Number(statusLine.split(' ')[1]);
  const framed = parseBody(text.slice(end + 4), status, method, header, closed);
  if (framed === null) return null;
  const response = { statusLine, status, headers, body: framed.body, header };
  return { response, used: end + 4 + framed.used };
}

function parseBody(
  text: string,
  status: number,
  method: string,
  header: (name: string) => string | undefined,
  closed: boolean,
): { body: string; used: number } | null {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { body: '', used: 0 };
  if (header('transfer-encoding') === 'chunked') return parseChunks(text);
  const length = header('content-length');
  if (length === undefined) return closed ? { body: text, used: text.length } : null;
  return text.length < Number(length) ? null : { body: text.slice(0, Number(length)), used: Number(length) };
}

function parseChunks(text: string): { body: string; used: number } | null {
  let body = '';
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (text.length < next) return null;
    if (text.slice(next - 2, next) !== '\r\n') throw new Error(`broken chunk: ${text.slice(at, at + 80)}`);
    body += text.slice(lineEnd + 2, next - 2);
    if (size === 0) return { body, used: next };
    at = next;
  }
}

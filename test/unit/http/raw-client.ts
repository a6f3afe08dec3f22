/** HTTP by hand: sends exactly the bytes it is given, and says exactly what came back. */
import { EventEmitter, once } from 'node:events';
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
  closed = false;
  /** Whether the connection ended in a reset. */
  reset = false;
  readonly socket: Socket;
  /** What has come since the last complete response. */
  #pieces: string[] = [];
  #size = 0;
  /** Not the socket's own events: `once` would reject with its errors, and an end is awaited however it came. */
  readonly #events = new EventEmitter();

  /** @param address what a listener is called: a path, or `127.0.0.1:8080` */
  constructor(address: string) {
    this.socket = address.startsWith('/')
      ? connect(address)
      : connect(Number(address.split(':').at(-1)), '127.0.0.1');
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text) => {
      this.#pieces.push(String(text));
      this.#size += String(text).length;
      this.#events.emit('progress');
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.reset ||= error.code === 'ECONNRESET';
    });
    this.socket.on('close', () => {
      this.closed = true;
      this.#events.emit('progress');
    });
  }

  /** What has come since the last complete response, latin-1. */
  get rest(): string {
    if (this.#pieces.length > 1) this.#pieces = [this.#pieces.join('')];
    return this.#pieces[0] ?? '';
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** The next response, interim ones (1xx) included. Rejects where the connection ends before it is complete. */
  async response(method = 'GET'): Promise<RawResponse> {
    for (;;) {
      const parsed = this.#mayBeComplete() ? parseResponse(this.rest, method, this.closed) : null;
      if (parsed !== null) {
        this.#pieces = [this.rest.slice(parsed.used)];
        this.#size -= parsed.used;
        return parsed.response;
      }
      if (this.closed) throw new Error(`the connection ended within a response: ${this.rest.slice(-300)}`);
      await once(this.#events, 'progress');
    }
  }

  /** Looks at the end of what has come, lest megabytes are parsed again for every piece of them. */
  #mayBeComplete(): boolean {
    if (this.#size < 100_000 || this.closed) return true;
    const length = /\r\nContent-Length: (\d+)\r\n/.exec(this.#pieces[0]!.slice(0, 10_000));
    return length === null ? this.#pieces.at(-1)!.endsWith('0\r\n\r\n') : this.#size > Number(length[1]);
  }

  async untilReceived(text: string): Promise<void> {
    while (!this.#pieces.slice(-2).join('').includes(text)) {
      if (this.closed) throw new Error(`the connection ended without ${text}`);
      await once(this.#events, 'progress');
    }
  }

  async untilClosed(): Promise<void> {
    while (!this.closed) await once(this.#events, 'progress');
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

/** FastCGI as a front server speaks it over a connection that it keeps, and reads it. */
import type { Socket } from 'node:net';
import { encodeFastcgi, type } from '../packets/encode-fastcgi.js';
import { open } from './uwsgi-client.js';

export interface FastcgiAnswer {
  /** Record types in their order, runs of FCGI_STDOUT once. */
  types: number[];
  /** The content of FCGI_STDOUT. */
  output: Buffer;
  /** Requests that have ended. */
  ends: number;
}

/** Takes apart what a server has sent; the beginning of a record is left out. */
export function readRecords(bytes: Buffer): FastcgiAnswer {
  const answer: FastcgiAnswer = { types: [], output: Buffer.alloc(0), ends: 0 };
  const output: Buffer[] = [];
  for (let at = 0; bytes.length - at >= 8; ) {
    const content = at + 8 + bytes.readUInt16BE(at + 4);
    const end = content + bytes[at + 6]!;
    if (end > bytes.length) break;
    const kind = bytes[at + 1]!;
    if (kind !== type.stdout || answer.types.at(-1) !== type.stdout) answer.types.push(kind);
    if (kind === type.stdout) output.push(bytes.subarray(at + 8, content));
    if (kind === type.end) answer.ends += 1;
    at = end;
  }
  answer.output = Buffer.concat(output);
  return answer;
}

/** A connection that carries one request after the other. */
export class KeptConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  /** The server has closed it. */
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#look();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.#look();
    });
  }

  #look = () => {};

  static async open(address: string): Promise<KeptConnection> {
    return new KeptConnection(await open(address));
  }

  /** One GET. Resolves with the answer, as CGI; null when the server closed the connection instead. */
  async get(path: string): Promise<string | null> {
    this.#received = Buffer.alloc(0);
    this.#socket.write(
      encodeFastcgi([
        ['REQUEST_METHOD', 'GET'],
        ['PATH_INFO', path],
      ]),
    );
    await new Promise<void>((settle) => {
      this.#look = () => {
        if (this.isClosed || readRecords(this.#received).ends > 0) settle();
      };
      this.#look();
    });
    const { ends, output } = readRecords(this.#received);
    return ends > 0 ? output.toString('latin1') : null;
  }

  close(): void {
    this.#socket.destroy();
  }
}

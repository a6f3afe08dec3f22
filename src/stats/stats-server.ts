/**
 * `stats`, `tracebacker`: whoever connects gets the statistics, or the stacks, and is let go, as with uWSGI; with `stats-http` an HTTP head comes first.
 * Runs in the master; at the other end: uwsgitop, exporters, `uwsgi-node top`.
 */
import { createServer, type Server, type Socket } from 'node:net';

export interface StatsParts {
  /** The statistics of now, as text. */
  report(): string | Promise<string>;
  /** Whether a request is read, and answered with a head. */
  overHttp(): boolean;
  /** Told what went wrong. */
  log(line: string): void;
}

/** A client may take this long to ask, and to read, milliseconds. */
const PATIENCE = 10_000;
/** Clients that are served at one time; more are turned away. */
const MOST_CLIENTS = 256;
/** Of a request, bytes: as much as uWSGI reads. */
const LONGEST_REQUEST = 4096;
/** uWSGI's head. */
const HEAD =
  'HTTP/1.0 200 OK\r\nConnection: close\r\nAccess-Control-Allow-Origin: *\r\nContent-Type: application/json\r\n\r\n';

export class StatsServer {
  readonly #parts: StatsParts;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();

  /** @param fd a listening socket, which is the server's from here on. */
  constructor(fd: number, parts: StatsParts) {
    this.#parts = parts;
    this.#server = createServer((client) => this.#serve(client));
    this.#server.maxConnections = MOST_CLIENTS;
    // Out of descriptors, for a moment: the next client may be luckier.
    this.#server.on('error', (error) => parts.log(`stats: ${error.message}`));
    this.#server.listen({ fd });
  }

  close(): void {
    this.#server.close();
    for (const client of this.#clients) client.destroy();
  }

  #serve(client: Socket): void {
    this.#clients.add(client);
    const overdue = setTimeout(() => client.destroy(), PATIENCE);
    client.on('close', () => {
      clearTimeout(overdue);
      this.#clients.delete(client);
    });
    // It left before it had everything.
    client.on('error', () => client.destroy());
    if (this.#parts.overHttp()) {
      this.#awaitRequest(client);
      return;
    }
    void this.#answer(client);
    // What it may say is nobody's concern; left unread it would make a reset of the close.
    client.resume();
  }

  #awaitRequest(client: Socket): void {
    let request = '';
    const read = (bytes: Buffer) => {
      request += bytes.toString('latin1');
      if (!/\r?\n\r?\n/.test(request) && request.length < LONGEST_REQUEST) return;
      client.off('data', read).resume();
      void this.#answer(client, HEAD);
    };
    client.on('data', read);
  }

  /** An answer that cannot be made is an empty one, as in uWSGI, and no reason for the master to end. */
  async #answer(client: Socket, head = ''): Promise<void> {
    let report = '';
    try {
      report = await this.#parts.report();
    } catch (error) {
      this.#parts.log(`stats: ${(error as Error).stack}`);
    }
    client.end(head + report);
  }
}

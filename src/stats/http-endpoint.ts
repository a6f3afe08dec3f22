/**
 * `metrics` and `stats-page`: what is served over HTTP to Prometheus, health checks and browsers. Runs in the master.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface Answer {
  /** 200 by default. */
  status?: number;
  type: string;
  body: string;
  headers?: Record<string, string>;
}

/** Answers by path. */
export type Routes = Readonly<Record<string, (query: URLSearchParams) => Answer | Promise<Answer>>>;

/** A client may take this long to ask, and a connection may rest this long, milliseconds. */
const PATIENCE = 10_000;
const MOST_CLIENTS = 256;

export class HttpEndpoint {
  readonly #server: Server;
  readonly #routes: Routes;
  readonly #log: (line: string) => void;

  /** @param fd a listening socket, which is the server's from here on. */
  constructor(fd: number, routes: Routes, log: (line: string) => void) {
    this.#routes = routes;
    this.#log = log;
    const limits = { headersTimeout: PATIENCE, requestTimeout: PATIENCE, keepAliveTimeout: PATIENCE };
    this.#server = createServer({ ...limits, maxHeaderSize: 8192 }, (request, response) => {
      void this.#serve(request, response);
    });
    this.#server.maxConnections = MOST_CLIENTS;
    this.#server.on('error', (error) => log(`metrics: ${error.message}`));
    this.#server.on('connection', (client) => client.setTimeout(3 * PATIENCE, () => client.destroy()));
    this.#server.listen({ fd });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status = 200, type, body, headers } = await this.#answer(request);
    response.writeHead(status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #answer({ method, url = '/' }: IncomingMessage): Promise<Answer> {
    const [path = '', query = ''] = url.split('?');
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'GET only\n', { Allow: 'GET, HEAD' });
    if (!Object.hasOwn(this.#routes, path))
      return text(404, `there is ${Object.keys(this.#routes).join(' ')}\n`);
    try {
      return await this.#routes[path]!(new URLSearchParams(query));
    } catch (error) {
      this.#log(`metrics: ${path}: ${(error as Error).stack}`);
      return text(500, 'the log says why\n');
    }
  }
}

export function text(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return { status, type: 'text/plain; charset=utf-8', body, headers };
}

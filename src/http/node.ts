/** HTTP listeners on Node's own server. Runs in a JS thread. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { InheritedListener } from '../messages.js';
import { native } from '../native.js';
import { BodyCollector } from './body.js';
import type { EngineStart, HttpFront } from './engine.js';
import {
  addHeader,
  exceeds,
  type Framing,
  type HttpEnviron,
  hasRequestBody,
  isMethod,
  normalisePath,
  type ServerFacts,
  serverFacts,
} from './environ.js';
import { NodeExchange } from './node-exchange.js';
import { awaitProxyLine, type ProxiedPeer } from './proxy-line.js';
import { bodyNotKept, type Refusal, refusalBytes, refusals, refuse } from './refusals.js';
import { Traffic } from './traffic.js';

export async function startNodeHttp(start: EngineStart, reason: string): Promise<HttpFront> {
  const traffic = new Traffic(start.settings.httpKeepalive > 0);
  const fronts = start.listeners.map((listener) => new NodeFront(start, listener, traffic));
  await Promise.all(fronts.map((front) => front.listen()));
  return {
    engine: 'node:http',
    reason,
    async drain() {
      await Promise.all(fronts.map((front) => front.drain()));
    },
    keepAlive(wanted) {
      for (const front of fronts) front.keepAlive(wanted);
    },
  };
}

const PARSER_REFUSALS: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: refusals.headTooLarge,
  HPE_INVALID_EOF_STATE: refusals.cutShort,
  ERR_HTTP_REQUEST_TIMEOUT: refusals.slow,
};

/** One listener. */
class NodeFront {
  readonly #start: EngineStart;
  readonly #listener: InheritedListener;
  readonly #facts: ServerFacts;
  readonly #traffic: Traffic;
  readonly #server: Server;
  /** Resolves when it accepts no more and its last connection is closed. */
  readonly #closed: Promise<void>;
  /** Open connections. */
  readonly #sockets = new Set<Socket>();

  constructor(start: EngineStart, listener: InheritedListener, traffic: Traffic) {
    this.#start = start;
    this.#listener = listener;
    this.#facts = serverFacts(listener, start.hostname);
    this.#traffic = traffic;
    const { bufferSize, httpKeepalive, httpHeadersTimeout, socketTimeout } = start.settings;
    this.#server = createServer({
      maxHeaderSize: bufferSize,
      insecureHTTPParser: false,
      // `readHead` asks for it, so that the refusal is logged.
      requireHostHeader: false,
      headersTimeout: (httpHeadersTimeout || socketTimeout) * 1_000,
      // A large upload may take its time; `receive` watches for silence instead.
      requestTimeout: 0,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: httpKeepalive * 1_000,
    });
    this.#closed = new Promise((resolve) => this.#server.once('close', resolve));
    // Node drops what exceeds this without a word; `maxHeaderSize` bounds it already.
    this.#server.maxHeadersCount = 0;
    if (start.settings.enableProxyProtocol) this.#readProxyLines();
    this.#server.on('connection', (socket) => {
      traffic.connected();
      this.#sockets.add(socket);
      socket.on('close', () => {
        traffic.disconnected();
        this.#sockets.delete(socket);
      });
    });
    this.#server.on('request', (request, response) => this.#receive(request, response, false));
    this.#server.on('checkContinue', (request, response) => this.#receive(request, response, true));
    if (start.onUpgrade !== undefined) this.#server.on('upgrade', start.onUpgrade);
    // The master has shut the listener down, and says so in a moment; libuv would go on trying.
    this.#server.on('error', () => this.#stopAccepting());
    this.#server.on('connect', (_request, socket) => this.#refuseRaw(socket, refusals.badTarget));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#onError(error, socket));
  }

  /** Node's own listener gives a connection to the parser: not before its PROXY line has been read. */
  #readProxyLines(): void {
    const [parse] = this.#server.listeners('connection');
    const { httpHeadersTimeout, socketTimeout } = this.#start.settings;
    this.#server.removeAllListeners('connection').on('connection', (socket: Socket) => {
      awaitProxyLine(socket, (httpHeadersTimeout || socketTimeout) * 1_000, (peer, refusal) => {
        if (refusal !== null) {
          this.#refuseRaw(socket, refusal);
          return;
        }
        if (peer !== null) takePeer(socket, peer);
        parse!.call(this.#server, socket);
      });
    });
  }

  async listen(): Promise<void> {
    // Node closes the descriptor with its server, and the listener belongs to the process.
    const fd = native.duplicateFd(this.#listener.fd);
    // Node calls listen(2) again: the backlog must be said again too. The kernel clamps it to somaxconn.
    this.#server.listen({ fd, backlog: this.#start.settings.listen ?? 4_096 });
    await once(this.#server, 'listening');
  }

  keepAlive(wanted: boolean): void {
    if (wanted) this.#server.ref();
    else this.#server.unref();
  }

  async drain(): Promise<void> {
    this.#stopAccepting();
    await this.#traffic.lastCall();
    for (const socket of this.#sockets) socket.destroySoon();
    await this.#closed;
  }

  #stopAccepting(): void {
    // Not http.Server's own close: it takes for idle, and destroys, a connection whose response is still leaving.
    if (this.#server.listening) NetServer.prototype.close.call(this.#server);
  }

  #receive(request: IncomingMessage, response: ServerResponse, waits: boolean): void {
    const { environ, framing, refusal: wrong } = readHead(request, this.#facts, this.#start);
    const { httpTimeout, async: most } = this.#start.settings;
    const exchange = new NodeExchange(this.#traffic, request, response, httpTimeout);
    const refusal = wrong ?? (this.#traffic.exceeds(most) ? refusals.overload : null);
    if (refusal !== null) {
      if (refusal !== refusals.badFraming && hasRequestBody(environ, framing)) exchange.linger(request);
      this.#refuse(exchange, request, refusal);
      return;
    }
    if (waits) response.writeContinue();
    if (hasRequestBody(environ, framing)) this.#collect(request, environ, exchange);
    else this.#start.onRequest(environ, exchange, null);
  }

  #collect(request: IncomingMessage, environ: HttpEnviron, exchange: NodeExchange): void {
    const { limitPost, postBuffering } = this.#start.settings;
    const collector = new BodyCollector({ memory: postBuffering, total: limitPost });
    const stop = (refusal: Refusal) => {
      for (const event of ['data', 'end', 'timeout']) request.removeAllListeners(event);
      collector.discard();
      if (refusal !== refusals.slow) exchange.linger(request);
      this.#refuse(exchange, request, refusal);
    };
    request.setTimeout(this.#start.settings.httpTimeout * 1_000, () => stop(refusals.slow));
    exchange.onGone(() => collector.discard());
    request.on('data', (chunk: Buffer) => {
      try {
        if (!collector.add(chunk)) stop(refusals.bodyTooLarge);
      } catch (error) {
        stop(bodyNotKept(error));
      }
    });
    request.on('end', () => {
      request.socket.setTimeout(0);
      if (exchange.gone) return;
      environ.CONTENT_LENGTH = String(collector.length);
      const body = collector.finish();
      exchange.carry(body);
      this.#start.onRequest(environ, exchange, body);
    });
  }

  #refuse(exchange: NodeExchange, request: IncomingMessage, refusal: Refusal): void {
    if (refusal !== refusals.overload || this.#traffic.tellOverload()) {
      this.#start.onRefused?.(refusal.head.status, request.socket.remoteAddress ?? '', refusal.reason);
    }
    refuse(exchange, refusal);
  }

  /** What the parser refused, and heads that did not come in time. */
  #onError(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE') socket.destroy();
    else this.#refuseRaw(socket, PARSER_REFUSALS[error.code ?? ''] ?? refusals.malformed);
  }

  #refuseRaw(socket: Duplex, refusal: Refusal): void {
    const { remoteAddress, _httpMessage: message } = socket as Socket & { _httpMessage?: ServerResponse };
    if (message?.headersSent) {
      // In the midst of a response the answer would be taken for a part of it; a complete one may still leave.
      if (!message.writableEnded) socket.destroy();
      return;
    }
    this.#start.onRefused?.(refusal.head.status, remoteAddress ?? '', refusal.reason);
    if (socket.writable) socket.end(refusalBytes(refusal), () => socket.destroy());
    else socket.destroy();
  }
}

const proxiedPeer = Symbol('proxiedPeer');
type ProxiedSocket = Socket & { [proxiedPeer]?: ProxiedPeer };

/** From here on the connection is the client's, for whoever asks it: the log, and an application that takes an upgrade. */
function takePeer(socket: ProxiedSocket, peer: ProxiedPeer): void {
  socket[proxiedPeer] = peer;
  Object.defineProperties(socket, {
    remoteAddress: { value: peer.address },
    remotePort: { value: Number(peer.port) },
  });
}

interface ReadHead {
  environ: HttpEnviron;
  framing: Framing;
  refusal: Refusal | null;
}

function readHead(request: IncomingMessage, facts: ServerFacts, start: EngineStart): ReadHead {
  const { socket, rawHeaders } = request;
  const method = request.method!;
  const uri = originForm(request.url!);
  const mark = uri.indexOf('?');
  const path = uri.startsWith('/') ? normalisePath(mark < 0 ? uri : uri.slice(0, mark)) : null;
  const environ = start.newEnviron(
    facts,
    method,
    uri,
    path ?? '',
    mark < 0 ? '' : uri.slice(mark + 1),
    `HTTP/${request.httpVersion}`,
    socket.remoteAddress ?? '',
    socket.remotePort === undefined ? '' : String(socket.remotePort),
  );
  const proxied = (socket as ProxiedSocket)[proxiedPeer];
  if (proxied !== undefined) {
    environ.SERVER_ADDR = proxied.serverAddress;
    environ.SERVER_PORT = proxied.serverPort;
  }
  const framing: Framing = { invalid: false, chunked: false };
  for (let i = 0; i < rawHeaders.length; i += 2) {
    addHeader(environ, framing, rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  let refusal: Refusal | null = null;
  if (!isMethod(method)) refusal = refusals.badMethod;
  else if (request.httpVersionMajor !== 1) refusal = refusals.badVersion;
  else if (environ.HTTP_HOST === undefined && request.httpVersion === '1.1') refusal = refusals.badFraming;
  else if (path === null) refusal = refusals.badTarget;
  else if (framing.invalid) refusal = refusals.badFraming;
  else if (exceeds(environ, start.settings.limitPost)) refusal = refusals.bodyTooLarge;
  return { environ, framing, refusal };
}

/** RFC 9112 3.2.2: a server takes the absolute form too. The application sees the path of it only, as behind nginx. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const rest = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return rest === '' || rest.startsWith('?') ? `/${rest}` : rest;
}

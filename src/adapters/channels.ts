/**
 * Node's own diagnostics channels of node:http, on which tools that trace requests or report errors hear of them
 * (Node's documentation, "Built-in Channels"). Some patch the `emit` of the server that they are told of, so as to
 * have each request run in a context of its own.
 */
import { channel } from 'node:diagnostics_channel';
import { type IncomingMessage, Server, type ServerResponse } from 'node:http';

const started = channel('http.server.request.start');
const created = channel('http.server.response.created');
const finished = channel('http.server.response.finish');

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

interface Connection {
  server: Server | null;
}

/** Before the application hears of the request. */
export function tellStart(request: IncomingMessage, response: ServerResponse, server: Server | null): void {
  if (server === null) return;
  if (created.hasSubscribers) created.publish({ request, response });
  if (started.hasSubscribers) started.publish({ request, response, socket: request.socket, server });
}

/**
 * A listener that is no server's, called in a way that subscribers can get between: for them it has a server, which emits
 * its requests.
 */
export function watched(listener: Listener): Listener {
  let server: Server | null = null;
  let result: unknown;
  const makeServer = () =>
    new Server().on('request', (request, response) => {
      result = listener(request, response);
    });
  return (request, response) => {
    if (!started.hasSubscribers) return listener(request, response);
    server ??= makeServer();
    const socket = request.socket as unknown as Connection;
    socket.server ??= server;
    tellStart(request, response, server);
    // One that puts the request off has no result yet.
    result = undefined;
    server.emit('request', request, response);
    return result;
  };
}

/** When all of the response has left. */
export function tellFinish(response: ServerResponse, socket: Connection | null): void {
  if (!finished.hasSubscribers || socket === null || socket.server === null) return;
  finished.publish({ request: response.req, response, socket, server: socket.server });
}

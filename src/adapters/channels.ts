/**
 * Node's own diagnostics channels of node:http, on which tools that trace requests or report errors hear of them
 * (Node's documentation, "Built-in Channels"). Requests without a server are not told of: subscribers patch the server.
 */
import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

const started = channel('http.server.request.start');
const created = channel('http.server.response.created');
const finished = channel('http.server.response.finish');

interface Connection {
  readonly server: Server | null;
}

/** Before the application hears of the request. */
export function tellStart(request: IncomingMessage, response: ServerResponse, socket: Connection): void {
  const { server } = socket;
  if (server === null) return;
  if (created.hasSubscribers) created.publish({ request, response });
  if (started.hasSubscribers) started.publish({ request, response, socket, server });
}

/** When all of the response has left. */
export function tellFinish(response: ServerResponse, socket: Connection | null): void {
  if (!finished.hasSubscribers || socket === null || socket.server === null) return;
  finished.publish({ request: response.req, response, socket, server: socket.server });
}

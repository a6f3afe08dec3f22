/** Applications that take a web Request and return a Response: Hono, h3, React Router, `export default { fetch }`. */
import { patchGlobalRequest, toNodeHandler } from 'srvx/node';
import type { DirectApplication } from '../wsgi/direct.js';
import { type Listener, nodeHandler } from './node-http.js';
import type { PeerSocket } from './socket.js';

export type FetchHandler = (request: Request) => Response | Promise<Response>;

/**
 * The application that a fetch handler is. Bodies stream both ways; `request.signal` fires when the client goes away.
 * Other applications may call it with an environ and a startResponse of theirs, and return what it returns.
 *
 * From the first call on the global `Request` is one that also takes such requests: `new Request(request, { headers })`.
 */
export function fetchHandler(handler: FetchHandler | { fetch: FetchHandler }): DirectApplication {
  // Node's Request takes only its own kind for `new Request(request, init)`, which middleware and proxies do.
  patchGlobalRequest();
  const fetch = typeof handler === 'function' ? handler : (request: Request) => handler.fetch(request);
  const listener = toNodeHandler(fetch) as Listener;
  return nodeHandler(((request, response) => {
    const { headers } = request;
    // The name of HTTP/2's for it: srvx makes a URL of it, and shows no header.
    if (!headers.host) headers[':authority'] = (request.socket as unknown as PeerSocket).serverName;
    return listener(request, response);
  }) as Listener);
}

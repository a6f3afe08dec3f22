/** Applications that take a web Request and return a Response: Hono, h3, React Router, `export default { fetch }`. */
import { patchGlobalRequest, toNodeHandler } from 'srvx/node';
import type { DirectApplication } from '../wsgi/direct.js';
import { type Listener, nodeHandler } from './node-http.js';

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
  return nodeHandler(toNodeHandler(fetch) as Listener);
}

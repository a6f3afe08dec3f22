/**
 * The one door to uWebSockets.js: finds its binary, puts inherited listeners under it, and stops it. Runs in a JS
 * thread. Its package is not a dependency: official builds come from GitHub, and the npm mirror weighs 257 MB.
 */
import { createRequire } from 'node:module';
import { httpErrors as errors, type UwsgiNodeError } from '../errors.js';
import type { InheritedListener } from '../messages.js';
import { native } from '../native.js';
import type { EngineStart, HttpFront } from './engine.js';
import { Traffic } from './traffic.js';
import type { Uws, UwsApp } from './uws-api.js';
import { UwsListener } from './uws-listener.js';

const PACKAGES = ['uWebSockets.js', 'uwebsockets'];

/** LIBUS_LISTEN_EXCLUSIVE_PORT: without it the throw-away port is bound with SO_REUSEPORT. */
const EXCLUSIVE = 1;

/**
 * Looks for the binary beside the application first (the working directory), then beside this package.
 *
 * @param bufferSize the largest head, which the binary reads from the environment when it is loaded. In a JS thread
 *   `process.env` is a copy that no binary sees: there the worker's main thread must have set it.
 * @param places files, or directories with a trailing slash, from which packages are looked up
 */
export function findUws(
  bufferSize: number,
  places: readonly (string | URL)[] = [`${process.cwd()}/`, import.meta.url],
): { uws: Uws } | { missing: UwsgiNodeError } {
  process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= String(bufferSize);
  let cause: unknown;
  for (const place of places) {
    for (const name of PACKAGES) {
      try {
        const uws = createRequire(place)(name) as Partial<Uws>;
        if (uws.App !== undefined) return { uws: uws as Uws };
        // The registry holds a package of that name that only says where the real one is.
        cause ??= errors.uwsPlaceholder(name);
      } catch (error) {
        // One that is there and does not load says more than one that is not there.
        if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') cause ??= error;
      }
    }
  }
  return { missing: errors.uwsMissing(PACKAGES, cause) };
}

export function startUws(start: EngineStart, uws: Uws): HttpFront {
  const traffic = new Traffic(start.settings.httpKeepalive > 0);
  const bound = start.listeners.map((listener) => {
    const app = uws.App();
    const requests = new UwsListener(start, listener, traffic);
    app.filter((connection, change) => requests.count(connection, change));
    app.any('/*', (response, request) => requests.receive(response, request));
    return { app, socket: listenOn(listener, uws, app) };
  });
  return {
    engine: 'uWebSockets.js',
    reason: null,
    keepAlive() {},
    async drain() {
      for (const { socket } of bound) uws.us_listen_socket_close(socket);
      await traffic.lastCall();
      // The last response may lie in a cork of the callback that this is called from.
      await new Promise(setImmediate);
      for (const { app } of bound) app.close();
    },
  };
}

/**
 * The engine knows only listeners that it bound itself, and one of its own with SO_REUSEPORT loses the connections in
 * its queue at every restart. So it binds a throw-away port, and before it polls that (in the callback, which is called
 * at once) the inherited listener is put under the same descriptor. That may be a unix socket as well.
 */
function listenOn(listener: InheritedListener, uws: Uws, app: UwsApp): object {
  let socket: object | false = false;
  app.listen('127.0.0.1', 0, EXCLUSIVE, (bound) => {
    socket = bound;
    if (bound !== false) native.replaceListener(uws.us_socket_local_port(bound), listener.fd);
  });
  if (socket === false) throw errors.uwsCannotListen(listener.name);
  return socket;
}

/**
 * HTTP listeners of one JS thread: chooses what serves them, and starts it. Runs in a JS thread of a worker process, or
 * in the thread of whoever embeds the server.
 */
import { AsyncResource } from 'node:async_hooks';
import { hostname } from 'node:os';
import type { EngineStart, HttpFront, HttpFrontOptions } from './engine.js';
import { newEnviron } from './environ.js';
import { startNodeHttp } from './node.js';
import { findUws, startUws } from './uws.js';

/** Why an application that has `upgrade` listeners is not served by uWebSockets.js. */
const takesUpgrades = 'the application listens for upgrade, as WebSockets need';

/** Its binary has no hook before the first request, and knows version 2 only, where it was compiled with that. */
const readsProxyLines = 'enable-proxy-protocol, which uWebSockets.js does not read';

/** @throws UwsgiNodeError when an engine that was asked for by name is not there; the system's error from listen(2). */
export async function startHttpFront(options: HttpFrontOptions): Promise<HttpFront> {
  const start: EngineStart = {
    newEnviron,
    ...options,
    hostname: hostname(),
    onRequest: (environ, sink, body) =>
      new AsyncResource('UWSGINODEREQUEST').runInAsyncScope(options.onRequest, null, environ, sink, body),
  };
  if (options.engine === 'node:http') return startNodeHttp(start, 'node:http was asked for');
  if (options.onUpgrade !== undefined && options.engine === undefined) {
    return startNodeHttp(start, takesUpgrades);
  }
  if (options.settings.enableProxyProtocol && options.engine === undefined) {
    return startNodeHttp(start, readsProxyLines);
  }
  // A thread that runs uWebSockets.js cannot be ended without its process, so there the process is the unit.
  if (options.threads > 1 && options.engine === undefined) {
    return startNodeHttp(start, 'threads is more than 1');
  }
  const found = findUws(options.settings.bufferSize);
  if ('uws' in found) return startUws(start, found.uws);
  if (options.engine !== undefined) throw found.missing;
  return startNodeHttp(start, found.missing.message);
}

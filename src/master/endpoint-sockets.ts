/**
 * The sockets that operators' tools connect to (`stats`, `metrics`, `stats-page`): which there are, and what each is for.
 * Bound like the others, so that addresses, permissions, reloads and errors are the same.
 */
import type { EndpointSetting, Settings, SocketSetting } from '../config/settings.js';
import { endpointLine } from '../log/startup.js';
import type { LogBatch } from '../log/stderr.js';
import { native } from '../native.js';
import { isBoundTo } from './bound-address.js';
import { bindListeners, type Listener, missingIn } from './listeners.js';
import type { Target } from './privileges.js';

/** What an endpoint serves. Metrics and page may share one. */
export type Purpose = 'stats' | 'metrics' | 'page' | 'traceback';

/** Tools that may wait to be accepted. */
const ENDPOINT_BACKLOG = 128;

const settingsOf = (settings: Settings): [Purpose, EndpointSetting | null][] => [
  ['stats', settings.stats],
  ['metrics', settings.metrics],
  ['page', settings.statsPage],
  ...tracebackers(settings).map((setting): [Purpose, EndpointSetting] => ['traceback', setting]),
];

/** One for each worker, with its number at the end. */
function tracebackers({ tracebacker, processes }: Settings): EndpointSetting[] {
  if (tracebacker === null) return [];
  const { address, origin } = tracebacker;
  return Array.from({ length: processes }, (_, index) => ({ address: `${address}${index + 1}`, origin }));
}

/** The worker whose stacks a listener serves. */
export const tracedBy = ({ tracebacker }: Settings, { address }: Listener): number =>
  Number(address.slice(tracebacker?.address.length));

/** One socket for each address. */
export function endpointSockets(settings: Settings): SocketSetting[] {
  const sockets = new Map<string, SocketSetting>();
  for (const [, setting] of settingsOf(settings)) {
    if (setting === null || sockets.has(setting.address)) continue;
    sockets.set(setting.address, { ...setting, protocol: 'http' });
  }
  return [...sockets.values()];
}

/** What a listener is for. */
export function purposesOf(settings: Settings, listener: Listener): Purpose[] {
  const isIts = (address: string) =>
    listener.passed ? isBoundTo(listener, address) : address === listener.address;
  return settingsOf(settings).flatMap(([purpose, setting]) =>
    setting !== null && isIts(setting.address) ? purpose : [],
  );
}

/** Lines for the log. */
export function endpointLines(settings: Settings, opened: readonly Listener[]): string[] {
  return opened.flatMap((listener) =>
    purposesOf(settings, listener).map((purpose) => endpointLine(purpose, listener.name, listener.fd)),
  );
}

/**
 * Binds them, and says so in the log.
 * @param open those that are there already.
 * @throws {UwsgiNodeError} UWSGI_BIND and others
 */
export async function openEndpoints(
  settings: Settings,
  owner: Target,
  open: readonly Listener[],
  lines: LogBatch,
): Promise<Listener[]> {
  const { chmodSocket, chownSocket } = settings;
  // Who reads statistics says nothing before.
  const tcp = { ...settings.tcp, deferAccept: false };
  const wanted = { sockets: endpointSockets(settings), chmodSocket, chownSocket, tcp };
  const bound = await bindListeners(wanted, ENDPOINT_BACKLOG, owner, native, open);
  lines.add(...bound.warnings, ...endpointLines(settings, missingIn(open, bound.listeners)));
  return bound.listeners;
}

/** The ports for debuggers (`inspect`), looked at before a worker is to open them. Runs in the master. */
import type { Settings } from '../config/settings.js';
import { startErrors } from '../errors.js';
import { debugPort } from '../log/debug-port.js';
import type { NativeSockets } from '../native.js';

/**
 * @param before what is in force: its ports are taken by its own worker.
 * @returns lines for the log.
 * @throws {UwsgiNodeError} UWSGI_BIND when somebody else listens there.
 */
export function checkDebugPorts(
  { inspect, inspectWorker, harakiri, threads }: Settings,
  native: Pick<NativeSockets, 'bindListener' | 'closeFd'>,
  before: Pick<Settings, 'inspect' | 'threads'> | null = null,
): string[] {
  if (inspect === null) return [];
  const taken = new Set(before === null ? [] : portsOf(before));
  for (const address of portsOf({ inspect, threads })) {
    if (taken.has(address)) continue;
    try {
      native.closeFd(native.bindListener(address, { backlog: 1, mode: null }).fd);
    } catch (error) {
      throw startErrors.bind(`${address} (inspect)`, inspect.origin, error as NodeJS.ErrnoException);
    }
  }
  return [
    ...(isLoopback(inspect.host) ? [] : [debugPort.notLocal(inspect.host)]),
    ...(harakiri > 0 ? [debugPort.noHarakiri(inspectWorker)] : []),
  ];
}

function portsOf({ inspect, threads }: Pick<Settings, 'inspect' | 'threads'>): string[] {
  if (inspect === null) return [];
  const host = inspect.host.includes(':') ? `[${inspect.host}]` : inspect.host;
  return Array.from(
    { length: threads },
    (_, core) => `${host}:${inspect.port === 0 ? 0 : inspect.port + core}`,
  );
}

const isLoopback = (host: string) => /^(?:localhost|127\.[\d.]+|::1)$/.test(host);

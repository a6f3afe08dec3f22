/**
 * Listening sockets that systemd has opened before the server (socket activation). They are matched with the configured
 * ones by address, as uWSGI does; their files, their permissions and their end are systemd's affair.
 */
import type { PassedSocket } from '../config/passed-sockets.js';
import { warnings } from '../log/startup.js';
import type { Binder, Listener } from './listeners.js';

/** Takes them over. What is no socket that could listen is left alone, with a warning. */
export function adoptPassed(
  sockets: readonly PassedSocket[],
  backlog: number,
  native: Binder,
): { listeners: Listener[]; warnings: string[] } {
  const listeners: Listener[] = [];
  const found: string[] = [];
  for (const { fd } of sockets) {
    const address = `fd://${fd}`;
    try {
      const { name, family } = native.bindListener(address, { backlog, mode: null });
      const rest = { file: null, assigned: false, passed: true };
      listeners.push({ fd, address, name, protocol: 'uwsgi', family, ...rest });
    } catch (error) {
      found.push(warnings.unusableSocket(fd, (error as Error).message));
    }
  }
  return { listeners, warnings: found };
}

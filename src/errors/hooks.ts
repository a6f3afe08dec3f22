/** What goes wrong with hooks and with programs that run beside the workers. */
import type { Hook } from '../config/hooks.js';
import { place, UwsgiNodeError } from '../errors.js';

export const hookErrors = {
  command: ({ argument, origin }: Hook, how: string) =>
    new UwsgiNodeError(
      'UWSGI_HOOK',
      `${place(origin)}: command "${argument}" ${how}; the server does not go on without it (safeexec: would)`,
    ),
  failed: ({ action, argument, origin }: Hook, reason: string) =>
    new UwsgiNodeError('UWSGI_HOOK', `${place(origin)}: ${action}:${argument}: ${reason}`),
};

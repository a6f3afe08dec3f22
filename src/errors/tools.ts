/** What can go wrong with `uwsgi-node stats` and `uwsgi-node top`, in words. */
import { UwsgiNodeError } from '../errors.js';

export const toolErrors = {
  usage: (command: string) =>
    new UwsgiNodeError(
      'UWSGI_USAGE',
      `usage: uwsgi-node ${command} ADDRESS, where ADDRESS is what the server has as stats: ` +
        'HOST:PORT, a path, @NAME or http://HOST:PORT',
    ),
  unreachable: (address: string, cause: Error) =>
    new UwsgiNodeError(
      'UWSGI_STATS_UNREACHABLE',
      `${address}: no statistics: ${cause.message}; is the server running, and is this its stats address?`,
      { cause },
    ),
  notStatistics: (address: string, text: string) =>
    new UwsgiNodeError(
      'UWSGI_NOT_STATISTICS',
      `${address}: whoever listens there does not send statistics but ${JSON.stringify(text.slice(0, 80))}`,
    ),
};

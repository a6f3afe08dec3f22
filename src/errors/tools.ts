/** What can go wrong with `uwsgi-node stats`, `top`, `traceback` and `profile`, in words. */
import { UwsgiNodeError } from '../errors.js';

export const toolErrors = {
  usage: (command: string) =>
    new UwsgiNodeError(
      'UWSGI_USAGE',
      `usage: uwsgi-node ${command} ADDRESS, where ADDRESS is what the server has as stats: ` +
        'HOST:PORT, a path, @NAME or http://HOST:PORT',
    ),
  tracebackUsage: () =>
    new UwsgiNodeError(
      'UWSGI_USAGE',
      'usage: uwsgi-node traceback PID, where PID is that of the master, the file that it has as its pidfile, or a socket of ' +
        'its tracebacker',
    ),
  profileUsage: (reason: string) =>
    new UwsgiNodeError(
      'UWSGI_USAGE',
      `${reason}; usage: uwsgi-node profile PID [--seconds N] [--heap] [--worker N] [--core N], where PID is that of the ` +
        'master, or the file that it has as its pidfile',
    ),
  noPidfile: (target: string, reason: string) =>
    new UwsgiNodeError(
      'UWSGI_NO_INSTANCE',
      `${target} is neither a pid nor a file with a pid in it: ${reason}`,
    ),
  noDoor: (target: string, reason: string) =>
    new UwsgiNodeError(
      'UWSGI_NO_INSTANCE',
      `${target}: there is no master of uwsgi-node to ask: ${reason}; name the pid of the master, not of a worker, ` +
        'and ask from within the container that it runs in',
    ),
  noAnswer: (target: string, reason: string) =>
    new UwsgiNodeError('UWSGI_DOOR', `${target}: no answer: ${reason}`),
  refused: (target: string, problem: string) => new UwsgiNodeError('UWSGI_DOOR', `${target}: ${problem}`),
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

/** What the master says of programs that run beside the workers, in uWSGI's shape. */

export const daemons = {
  spawning: (command: string, pid: number) => `[uwsgi-daemons] spawning "${command}" (pid: ${pid})`,
  unspawnable: (command: string, reason: string) =>
    `[uwsgi-daemons] "${command}" cannot be started: ${reason}`,
  ended: (command: string, pid: number, how: string) =>
    `[uwsgi-daemons] "${command}" (pid: ${pid}) ended${how}`,
  throttled: (command: string, milliseconds: number) =>
    `[uwsgi-daemons] throttling "${command}" for ${milliseconds / 1000} seconds`,
  noMercy: (command: string, pid: number) =>
    `[uwsgi-daemons] "${command}" (pid: ${pid}) is taking too much time to die...NO MERCY !!!`,
  found: (command: string, pid: number) =>
    `[uwsgi-daemons] found valid/active pidfile for "${command}" (pid: ${pid})`,
  changed: (command: string, before: number, pid: number) =>
    `[uwsgi-daemons] found changed pid for "${command}" (old_pid: ${before} new_pid: ${pid})`,
  noPidfile: (command: string, path: string) =>
    `[uwsgi-daemons] "${command}" has not written ${path}, or the process in it is not there; starting it again`,
  left: (command: string, pid: number) =>
    `[uwsgi-daemons] "${command}" (pid: ${pid}) goes on without the server`,
  touched: (command: string, path: string) => `[uwsgi-daemons] ${path} was touched: ending "${command}"`,
  controlEnded: (command: string) => `[uwsgi-daemons] "${command}" has ended`,
};

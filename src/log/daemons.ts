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
  controlEnded: (command: string) => `[uwsgi-daemons] "${command}" has ended`,
};

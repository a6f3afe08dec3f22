/**
 * Sockets that systemd has opened for this process, sd_listen_fds(3): LISTEN_FDS descriptors from 3 on, for the process
 * whose pid is LISTEN_PID, with the names of FileDescriptorName= in LISTEN_FDNAMES.
 */

export interface PassedSocket {
  fd: number;
  /** `FileDescriptorName=`; by default the name of the unit, `myapp.socket`. */
  name: string;
}

/** SD_LISTEN_FDS_START */
const FIRST = 3;
/** More than any unit has; a senseless number is not to be believed. */
const MOST = 1024;

/** @param pid of the process that asks: what was meant for another is nobody's. */
export function passedSockets(env: NodeJS.ProcessEnv, pid: number): PassedSocket[] {
  const count = Number(env.LISTEN_FDS ?? 0);
  if (env.LISTEN_PID !== String(pid) || !Number.isInteger(count) || count < 1 || count > MOST) return [];
  const names = (env.LISTEN_FDNAMES ?? '').split(':');
  return Array.from({ length: count }, (_, index) => ({ fd: FIRST + index, name: names[index] ?? '' }));
}

/** Whether systemd has passed sockets to a process above this one, such as npx or a shell: they are lost on the way. */
export function arePassedToAnother(env: NodeJS.ProcessEnv, pid: number): boolean {
  return Number(env.LISTEN_FDS ?? 0) > 0 && env.LISTEN_PID !== String(pid);
}

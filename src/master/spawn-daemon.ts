/** Starts a program beside the workers, in a process group of its own, and sends signals to that. Runs in the master. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { DaemonSetting } from '../config/settings.js';
import { findGroup, findUser } from './accounts.js';

/**
 * @param log descriptor that the program writes to.
 * @throws {UwsgiNodeError} UWSGI_UNKNOWN_USER, UWSGI_UNKNOWN_GROUP
 * @throws Error with `code`; other failures come as 'error'
 */
export function spawnDaemon(
  { command, uid, gid, chdir, honourStdin }: DaemonSetting,
  log: number | 'inherit' = 'inherit',
): ChildProcess {
  const user = uid === null ? null : findUser('uid', uid);
  const group = gid === null ? (user?.gid ?? null) : findGroup('gid', gid);
  return spawn('/bin/sh', ['-c', command], {
    stdio: [honourStdin ? 'inherit' : 'ignore', log, log],
    detached: true,
    ...(user !== null && { uid: user.uid }),
    ...(group !== null && { gid: group }),
    ...(chdir !== null && { cwd: chdir }),
  });
}

/** To a process group or, where there is none of this number, to the process. False: there is neither. */
export function signalGroup(pid: number, signal: number | NodeJS.Signals): boolean {
  // To kill(2), 0 and -1 are whole crowds, of which we are one.
  if (pid <= 1) return false;
  return signalPid(-pid, signal) || signalPid(pid, signal);
}

function signalPid(pid: number, signal: number | NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

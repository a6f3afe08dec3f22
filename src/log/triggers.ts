/** What the master says of files that cause something, in uWSGI's words. */
import { endOf } from './startup.js';

export const fsMonitor = {
  registered: (path: string) => `[uwsgi-fsmon] registered monitor for "${path}"`,
  unregistered: (path: string, reason: string) =>
    `[uwsgi-fsmon] unable to register monitor for "${path}" (${reason}): trying again every second`,
  detected: (path: string) => `[uwsgi-fsmon] detected event on "${path}"`,
};

export const touchExec = {
  running: (command: string) => `[uwsgi-touch-exec] running ${command}`,
  unspawnable: (command: string, reason: string) =>
    `[uwsgi-touch-exec] ${command} cannot be started: ${reason}`,
  ended: (pid: number, code: number | null, signal: number | null) =>
    code === null
      ? `subprocess ${pid} ended${endOf(code, signal)}`
      : `subprocess ${pid} exited with code ${code}`,
};

export const mountpoints = {
  failed: (path: string, reason: string) => [
    `check-mountpoint = ${path}: ${reason}`,
    `mountpoint ${path} failed, triggering detonation...`,
  ],
};

/** What the master says of commands that run at certain times, in uWSGI's words where it has them. */
import { endOf } from './startup.js';

export const cron = {
  registered: (command: string) => `[uwsgi-cron] command "${command}" registered as cron task`,
  running: (command: string, pid: number) => `[uwsgi-cron] running "${command}" (pid ${pid})`,
  unspawnable: (command: string, reason: string) =>
    `[uwsgi-cron] command "${command}" cannot be started: ${reason}`,
  ended: (
    command: string,
    pid: number,
    seconds: number,
    end: { code: number | null; signal: number | null },
  ) =>
    `[uwsgi-cron] command "${command}" running with pid ${pid} exited after ${seconds} second(s)${endOf(end.code, end.signal)}`,
  stillRunning: (command: string, pid: number) =>
    `[uwsgi-cron] command "${command}" is due, and still runs with pid ${pid}: it is not started while it does`,
  harakiri: (command: string, pid: number) => `*** HARAKIRI ON CRON "${command}" (pid: ${pid}) ***`,
  left: (command: string, pid: number) =>
    `[uwsgi-cron] command "${command}" running with pid ${pid} goes on without the server`,
};

/**
 * Words to systemd, sd_notify(3): that the server is ready, reloads, stops, and lives (WatchdogSec=). Datagrams to the
 * socket that NOTIFY_SOCKET names; without it nothing is said. Runs in the master; at the other end: the service manager.
 */
import { statuses, warnings } from '../log/startup.js';
import type { NativeSupervision } from '../native.js';

export interface NotifierParts {
  /** As the server was started with. */
  env: NodeJS.ProcessEnv;
  pid: number;
  native: Pick<NativeSupervision, 'sendDatagram'>;
  log(...lines: string[]): void;
}

/** What systemd gives to the process it starts, and to that one only. */
const variables = [
  'NOTIFY_SOCKET',
  'WATCHDOG_PID',
  'WATCHDOG_USEC',
  'LISTEN_PID',
  'LISTEN_FDS',
  'LISTEN_FDNAMES',
];

/** Takes away what is not for the children: an application that notified systemd would speak for the server. */
export function forgetSystemd(env: NodeJS.ProcessEnv): void {
  for (const name of variables) delete env[name];
}

export class Notifier {
  readonly #parts: NotifierParts;
  /** Null: nobody listens. */
  readonly #address: string | null;
  #watchdog: NodeJS.Timeout | null = null;
  #hasFailed = false;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
    const { NOTIFY_SOCKET: address } = parts.env;
    this.#address = address === undefined || !/^[/@]./.test(address) ? null : address;
    const interval = watchdogInterval(parts.env, parts.pid);
    if (this.#address === null || interval === null) return;
    this.#watchdog = setInterval(() => this.#send('WATCHDOG=1'), interval);
    this.#watchdog.unref();
  }

  /** The workers serve: after the start, and after every reload, whether it succeeded or not. */
  ready(workers: number): void {
    this.#send('READY=1', `STATUS=${statuses.serving(workers)}`);
  }

  /** A reload begins; `ready` says that it is over. */
  reloading(): void {
    // The clock is CLOCK_MONOTONIC, as Type=notify-reload wants it.
    const now = process.hrtime.bigint() / 1000n;
    this.#send('RELOADING=1', `MONOTONIC_USEC=${now}`, `STATUS=${statuses.reloading}`);
  }

  /** The server goes, and takes no more requests from now on or soon. */
  stopping(): void {
    this.#send('STOPPING=1', `STATUS=${statuses.stopping}`);
  }

  close(): void {
    if (this.#watchdog !== null) clearInterval(this.#watchdog);
  }

  #send(...assignments: string[]): void {
    if (this.#address === null) return;
    const problem = this.#parts.native.sendDatagram(this.#address, assignments.join('\n'));
    // Once: it would fail the same way for every sign of life.
    if (problem !== null && !this.#hasFailed) this.#parts.log(warnings.notNotified(this.#address, problem));
    this.#hasFailed = problem !== null;
  }
}

/** Half of WATCHDOG_USEC, as sd_watchdog_enabled(3) advises, in milliseconds; null: systemd does not watch this process. */
function watchdogInterval(env: NodeJS.ProcessEnv, pid: number): number | null {
  const { WATCHDOG_USEC: microseconds, WATCHDOG_PID: watched } = env;
  if (!/^[1-9]\d{0,14}$/.test(microseconds ?? '')) return null;
  if (watched !== undefined && watched !== String(pid)) return null;
  return Math.min(Math.max(Number(microseconds) / 2000, 1), LONGEST_TIMER);
}

/** setInterval takes no more. */
const LONGEST_TIMER = 2 ** 31 - 1;

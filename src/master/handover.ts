/**
 * What one program leaves to the next that is executed in its place, under the same pid: descriptors by number, and what
 * they are. It crosses in the environment, as JSON. Both halves run in the master.
 */
import type { Exchange } from '../messages.js';
import type { NativeSupervision } from '../native.js';
import type { CronState } from './cron.js';
import type { Listener } from './listeners.js';

/** Workers of programs before. */
export interface Remains {
  /** The writing ends of the pipes that keep them, one for each program: closed, they finish and go. */
  lifelines: number[];
  /** Their pids. */
  workers: number[];
}

export interface Handover extends Remains {
  listeners: Listener[];
  endpoints: Listener[];
  exchange: Exchange | null;
  /** Absolute paths of files that hold our pid. */
  pidfiles: string[];
  /** Missing: that program knew of none. */
  cron?: CronState;
  /** Reloads so far. */
  reloads: number;
}

const VARIABLE = '_UWSGI_NODE_HANDOVER';
/** Set for a program that is only to try whether it could take over. */
const TRIAL = '_UWSGI_NODE_TRIAL';

export const hasHandover = (env: NodeJS.ProcessEnv): boolean => env[VARIABLE] !== undefined;

/** Takes it out of the environment; null where there is none. */
export function takeHandover(env: NodeJS.ProcessEnv): Handover | null {
  const text = env[VARIABLE];
  delete env[VARIABLE];
  return text === undefined ? null : (JSON.parse(text) as Handover);
}

/** Takes the word out of the environment. */
export function takeTrial(env: NodeJS.ProcessEnv): boolean {
  const isTrial = env[TRIAL] !== undefined;
  delete env[TRIAL];
  return isTrial;
}

export const withHandover = (env: NodeJS.ProcessEnv, handover: Handover) => ({
  ...env,
  [VARIABLE]: JSON.stringify(handover),
});
export const withTrial = (env: NodeJS.ProcessEnv) => ({ ...env, [TRIAL]: '1' });

/** Lets the descriptors stay open for the next program, or keeps them from any other. */
export function keepDescriptors(
  { listeners, endpoints, exchange, lifelines }: Handover,
  native: Pick<NativeSupervision, 'keepAcrossExec'>,
  isKept: boolean,
): void {
  // Node has marked its standard streams, too.
  const fds = [0, 1, 2, ...[...listeners, ...endpoints].map(({ fd }) => fd)];
  if (exchange !== null) fds.push(exchange.give, exchange.take);
  for (const fd of [...fds, ...lifelines]) native.keepAcrossExec(fd, isKept);
}

/** `hook-PHASE = ACTION:ARGUMENT` and `exec-PHASE = COMMAND`: what is done at a moment of the server's life. */
import { constants } from 'node:os';
import type { Origin } from './origin.js';

/** Moments in the life of the master, in their order. */
export const hookPhases = [
  'asap',
  'as-root',
  'as-user',
  'pre-app',
  'post-app',
  'master-start',
  'as-user-atexit',
] as const;
export type HookPhase = (typeof hookPhases)[number];

/** Actions, with what their argument looks like. */
export const hookActions = {
  exec: 'COMMAND',
  safeexec: 'COMMAND',
  cd: 'DIR',
  chdir: 'DIR',
  mkdir: 'DIR',
  putenv: 'NAME=value',
  chmod: 'FILE MODE',
  create: 'FILE',
  creat: 'FILE',
  unlink: 'FILE',
  write: 'FILE TEXT',
  writen: 'FILE TEXT',
  append: 'FILE TEXT',
  appendn: 'FILE TEXT',
  print: 'TEXT',
  log: 'TEXT',
  unix_signal: 'NUMBER FUNCTION',
} as const;
export type HookAction = keyof typeof hookActions;

/** uWSGI's functions that a signal may call: what the master does then. */
export const signalFunctions = [
  'gracefully_kill_them_all',
  'kill_them_all',
  'grace_them_all',
  'reap_them_all',
  'uwsgi_go_cheap',
  'stats',
] as const;
export type SignalFunction = (typeof signalFunctions)[number];

export interface Hook {
  phase: HookPhase;
  action: HookAction;
  argument: string;
  origin: Origin;
}

/** The action and its argument; null when there is no such action. */
export function parseHook(value: string): Pick<Hook, 'action' | 'argument'> | null {
  const colon = value.indexOf(':');
  const action = (colon < 0 ? value : value.slice(0, colon)).trim();
  if (!Object.hasOwn(hookActions, action)) return null;
  const argument = colon < 0 ? '' : value.slice(colon + 1).trim();
  if (action === 'unix_signal' && parseSignal(argument) === null) return null;
  return argument === '' ? null : { action: action as HookAction, argument };
}

/** `15 gracefully_kill_them_all`; null for a signal that cannot be caught, and for another function. */
export function parseSignal(argument: string): { signal: NodeJS.Signals; call: SignalFunction } | null {
  const [number, name] = argument.split(/\s+/);
  const call = signalFunctions.find((each) => each === name);
  const signal = Object.entries(constants.signals).find(([, value]) => String(value) === number)?.[0];
  if (call === undefined || signal === undefined) return null;
  return signal === 'SIGKILL' || signal === 'SIGSTOP' ? null : { signal: signal as NodeJS.Signals, call };
}

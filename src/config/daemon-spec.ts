/** How a program beside the workers is written: `PIDFILE[,FREQ] COMMAND`, and the keys of `attach-daemon2`. */
import { constants } from 'node:os';
import { daemonSetting } from './default-settings.js';
import type { DaemonSetting } from './settings.js';
import { parseBool, parseInteger } from './values.js';

/** Null where it is none. */
export function parseSmartDaemon(value: string): DaemonSetting | null {
  const [, pidfile = '', freq = String(daemonSetting.freq), command = ''] =
    /^([^\s,]+)(?:,(\d+))?\s+(\S.*)$/s.exec(value) ?? [];
  return command === '' ? null : { ...daemonSetting, pidfile, freq: Number(freq), command };
}

/** Puts a value into a setting; false where it cannot be read. */
type Take = (setting: DaemonSetting, value: string) => boolean;

/** A field takes what `parse` makes of the value. */
const into =
  <Field extends keyof DaemonSetting>(
    field: Field,
    parse: (value: string) => DaemonSetting[Field] | null,
  ): Take =>
  (setting, value) => {
    const parsed = parse(value);
    if (parsed === null) return false;
    setting[field] = parsed;
    return true;
  };

const text = (value: string) => (value === '' ? null : value);
const seconds = (value: string) => {
  const number = parseInteger(value);
  return number !== null && number >= 0 ? number : null;
};

/** `3`, `QUIT` or `SIGQUIT`. */
function signalNumber(value: string): number | null {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  const found = numbers[value] ?? numbers[`SIG${value}`] ?? Number(value);
  return Object.values(numbers).includes(found) ? found : null;
}

const takers: Readonly<Record<string, Take>> = {
  cmd: into('command', text),
  pidfile: into('pidfile', text),
  freq: into('freq', seconds),
  control: into('isControl', parseBool),
  daemonize: into('isDaemonized', parseBool),
  stopsignal: into('stopSignal', signalNumber),
  reloadsignal: into('reloadSignal', signalNumber),
  notifypid: into('isNotified', parseBool),
  touch: into('touch', (value) => value.split(';').filter((path) => path !== '')),
  uid: into('uid', text),
  gid: into('gid', text),
  chdir: into('chdir', text),
  stdin: into('honourStdin', parseBool),
  max_throttle: into('maxThrottle', seconds),
};

const aliases: Readonly<Record<string, string>> = {
  command: 'cmd',
  exec: 'cmd',
  daemon: 'daemonize',
  stop_signal: 'stopsignal',
  reload_signal: 'reloadsignal',
};

/** Of uWSGI's they are, too: read, and not done. */
const unknownHere = ['ns_pid', 'legion'];

/** The keys that do something, without their other names. */
export const daemonKeys: readonly string[] = Object.keys(takers);

export interface ParsedDaemon {
  /** Null where it is none: `problem` says why. */
  setting: DaemonSetting | null;
  problem: string;
  /** Keys that are there and do nothing. */
  ignored: string[];
}

/** `cmd=COMMAND,KEY=VALUE,…` */
export function parseDaemon(value: string): ParsedDaemon {
  const setting = { ...daemonSetting };
  const ignored: string[] = [];
  const refuse = (problem: string): ParsedDaemon => ({ setting: null, problem, ignored });
  const given = new Set<string>();
  for (const pair of splitPairs(value)) {
    const [, name = '', text = ''] = /^\s*([a-z_]+)\s*=(.*)$/s.exec(pair) ?? [];
    const key = aliases[name] ?? name;
    given.add(key);
    if (unknownHere.includes(key)) ignored.push(key);
    else if (!Object.hasOwn(takers, key)) return refuse(`${JSON.stringify(pair)} is none of its settings`);
    else if (!takers[key]!(setting, unquote(text))) return refuse(`${JSON.stringify(pair)} cannot be read`);
  }
  if (setting.command === '') return refuse('it names no program');
  if (setting.isDaemonized && setting.pidfile === null) return refuse('daemonize needs a pidfile');
  if (setting.pidfile !== null && !setting.isNotified) {
    ignored.push(...['stopsignal', 'reloadsignal'].filter((key) => given.has(key)));
  }
  return { setting, problem: '', ignored };
}

/** At commas that are neither between quotes nor behind a backslash. */
const splitPairs = (value: string) => value.match(/(?:\\.|"[^"]*"|[^,])+/gs) ?? [];

const unquote = (value: string) =>
  /^"[^"]*"$/.test(value) ? value.slice(1, -1) : value.replaceAll('\\,', ',');

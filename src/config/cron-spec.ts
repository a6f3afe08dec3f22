/** When a command runs, and how that is written: `MIN HOUR DAY MONTH WDAY COMMAND` of `cron`, and the keys of `cron2`. */
import { parseBool, parseInteger } from './values.js';

/** Of each field: the value itself; -1: any; -N: those that N divides. In local time. */
export interface CronTimes {
  /** 0 to 59 */
  minute: number;
  /** 0 to 23 */
  hour: number;
  /** 1 to 31 */
  day: number;
  /** 1 to 12 */
  month: number;
  /** 0 to 7; 0 and 7 are Sunday. */
  week: number;
}

export interface CronSetting extends CronTimes {
  /** For /bin/sh. */
  command: string;
  /** It is not started while it still runs. */
  isUnique: boolean;
  /** Seconds after which it is killed; 0: never; null: `cron-harakiri` says it. */
  harakiri: number | null;
}

export interface ParsedCron {
  /** Null where there is none: `problem` says why, or it is for a legion. */
  setting: CronSetting | null;
  problem: string;
  isForLegion: boolean;
}

interface Range {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** How many values there are: a larger N would divide none but zero. */
  readonly count: number;
}

const ranges: Readonly<Record<keyof CronTimes, Range>> = {
  minute: { name: 'minute', from: 0, to: 59, count: 60 },
  hour: { name: 'hour', from: 0, to: 23, count: 24 },
  day: { name: 'day of the month', from: 1, to: 31, count: 31 },
  month: { name: 'month', from: 1, to: 12, count: 12 },
  week: { name: 'day of the week', from: 0, to: 7, count: 7 },
};
/** In the order of a `cron` line. */
const fields = Object.keys(ranges) as (keyof CronTimes)[];

const anyTime = (): CronSetting => ({
  minute: -1,
  hour: -1,
  day: -1,
  month: -1,
  week: -1,
  command: '',
  isUnique: false,
  harakiri: null,
});

const done = (setting: CronSetting): ParsedCron => ({ setting, problem: '', isForLegion: false });
const refuse = (problem: string): ParsedCron => ({ setting: null, problem, isForLegion: false });

/** `MIN HOUR DAY MONTH WDAY COMMAND` */
export function parseCron(value: string, isUnique: boolean): ParsedCron {
  const words = /^\s*(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S.*?)\s*$/s.exec(value);
  if (words === null) return refuse('there are no five fields with a command behind them');
  const setting = { ...anyTime(), isUnique, command: words[6]! };
  for (const [index, field] of fields.entries()) {
    const problem = take(setting, field, words[index + 1]!);
    if (problem !== '') return refuse(problem);
  }
  return done(setting);
}

/** `KEY=VALUE,… COMMAND`: of fields that are not named any value will do. */
export function parseKeyedCron(value: string): ParsedCron {
  const [, first = '', rest = ''] = /^\s*(\S+)\s*(.*?)\s*$/s.exec(value) ?? [];
  const setting = anyTime();
  let isForLegion = false;
  if (!first.includes('=')) {
    // uWSGI would run `minute = 5 command`, or `5 -1 …`, as a command: every minute.
    const isMeantAsTime = Object.hasOwn(takers, first) || parseInteger(first) !== null;
    if (isMeantAsTime) return refuse(`${JSON.stringify(first)} is no KEY=VALUE and no command`);
    return first === '' ? refuse('it is empty') : done({ ...setting, command: value.trim() });
  }
  for (const pair of first.split(',')) {
    const [, key = '', text = ''] = /^([a-z]+)=(.*)$/.exec(pair) ?? [];
    if (key === 'legion') isForLegion = true;
    else if (!Object.hasOwn(takers, key)) return refuse(`${JSON.stringify(pair)} is none of its settings`);
    else {
      const problem = takers[key]!(setting, text);
      if (problem !== '') return refuse(problem);
    }
  }
  if (rest === '') return refuse('it names no command');
  return isForLegion ? { setting: null, problem: '', isForLegion } : done({ ...setting, command: rest });
}

/** @returns what is wrong with the value; empty: nothing. */
type Take = (setting: CronSetting, value: string) => string;

function take(setting: CronSetting, field: keyof CronTimes, value: string): string {
  const { name, from, to, count } = ranges[field];
  const number = parseInteger(value);
  if (number === null || number > to || number < -count || (number >= 0 && number < from)) {
    return `${JSON.stringify(value)} is no ${name}, which goes from ${from} to ${to}`;
  }
  setting[field] = number;
  return '';
}

const takers: Readonly<Record<string, Take>> = {
  ...Object.fromEntries(
    fields.map((field): [string, Take] => [field, (setting, value) => take(setting, field, value)]),
  ),
  unique: (setting, value) => {
    setting.isUnique = parseBool(value);
    return '';
  },
  harakiri: (setting, value) => {
    const seconds = parseInteger(value);
    if (seconds === null || seconds < 0) return `${JSON.stringify(value)} is no number of seconds`;
    setting.harakiri = seconds;
    return '';
  },
};

/** The keys of `cron2`. */
export const cronKeys: readonly string[] = Object.keys(takers);

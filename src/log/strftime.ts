/**
 * strftime(3) in the C locale and local time, for `log-date`, `%(ltime)` and encoders. What it does not know it leaves as it
 * stands, as glibc does.
 */
import { ctime } from './ctime.js';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAY = 86_400_000;

const two = (value: number) => String(value).padStart(2, '0');
const blank = (value: number) => String(value).padStart(2);
const hour12 = (date: Date) => date.getHours() % 12 || 12;
/** Days since New Year, whatever daylight saving has done. */
const dayOfYear = (date: Date) =>
  (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0)) / DAY;
const week = (date: Date, firstDay: number) =>
  Math.floor((dayOfYear(date) + 7 - ((date.getDay() - firstDay + 7) % 7)) / 7);

/** ISO 8601: a week belongs to the year that has its Thursday. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(
    date.getFullYear(),
    date.getMonth(),
    date.getDate() + 3 - ((date.getDay() + 6) % 7),
  );
  return { year: thursday.getFullYear(), week: Math.floor(dayOfYear(thursday) / 7) + 1 };
}

function offset(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

const zoneName = (date: Date) =>
  new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(date)
    .find(({ type }) => type === 'timeZoneName')?.value ?? '';

const conversions: Readonly<Record<string, (date: Date) => string>> = {
  a: (date) => days[date.getDay()]!.slice(0, 3),
  A: (date) => days[date.getDay()]!,
  b: (date) => months[date.getMonth()]!.slice(0, 3),
  B: (date) => months[date.getMonth()]!,
  c: ctime,
  C: (date) => two(Math.floor(date.getFullYear() / 100)),
  d: (date) => two(date.getDate()),
  D: (date) => strftime('%m/%d/%y', date),
  e: (date) => blank(date.getDate()),
  F: (date) => strftime('%Y-%m-%d', date),
  g: (date) => two(isoWeek(date).year % 100),
  G: (date) => String(isoWeek(date).year),
  h: (date) => months[date.getMonth()]!.slice(0, 3),
  H: (date) => two(date.getHours()),
  I: (date) => two(hour12(date)),
  j: (date) => String(dayOfYear(date) + 1).padStart(3, '0'),
  k: (date) => blank(date.getHours()),
  l: (date) => blank(hour12(date)),
  m: (date) => two(date.getMonth() + 1),
  M: (date) => two(date.getMinutes()),
  n: () => '\n',
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  P: (date) => (date.getHours() < 12 ? 'am' : 'pm'),
  r: (date) => strftime('%I:%M:%S %p', date),
  R: (date) => strftime('%H:%M', date),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  S: (date) => two(date.getSeconds()),
  t: () => '\t',
  T: (date) => strftime('%H:%M:%S', date),
  u: (date) => String(date.getDay() || 7),
  U: (date) => two(week(date, 0)),
  V: (date) => two(isoWeek(date).week),
  w: (date) => String(date.getDay()),
  W: (date) => two(week(date, 1)),
  x: (date) => strftime('%m/%d/%y', date),
  X: (date) => strftime('%H:%M:%S', date),
  y: (date) => two(date.getFullYear() % 100),
  Y: (date) => String(date.getFullYear()),
  z: offset,
  Z: zoneName,
  '%': () => '%',
};

export function strftime(format: string, date: Date): string {
  return format.replace(
    /%[EO]?([a-zA-Z%])/g,
    (whole, letter: string) => conversions[letter]?.(date) ?? whole,
  );
}

/** The same text for all moments of one second, made once. The argument is in milliseconds since 1970. */
export function onceASecond(make: (date: Date) => string): (milliseconds: number) => string {
  let second = Number.NaN;
  let text = '';
  return (milliseconds) => {
    const current = Math.floor(milliseconds / 1000);
    if (current !== second) {
      second = current;
      text = make(new Date(milliseconds));
    }
    return text;
  };
}

/**
 * The text of the current second, for whoever has read a clock already: the argument is of `performance.now()`. The wall
 * clock, as dear to read as a short line is to put together, is looked at once a second.
 */
export function secondHand(make: (date: Date) => string): (at: number) => string {
  let until = Number.NEGATIVE_INFINITY;
  let text = '';
  return (at) => {
    if (at >= until) {
      const now = Date.now();
      until = at + 1000 - (now % 1000);
      text = make(new Date(now));
    }
    return text;
  };
}

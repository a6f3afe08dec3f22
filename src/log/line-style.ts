/**
 * What stands around the lines that are not a request's: the server's own and those that an application prints.
 */
import type { LogSettings } from '../config/log-settings.js';
import { ctime } from './ctime.js';
import { onceASecond, strftime } from './strftime.js';

/** A line without its newline, as it is written. */
export type LineStyle = (line: string) => string;

/** The server's own lines: as they are, behind the time (`log-date`), or as JSON. */
export function serverStyle({ logDate, logJson }: LogSettings): LineStyle {
  if (logJson) return (msg) => json({ type: 'server', pid: process.pid, msg });
  if (logDate === null) return (line) => line;
  const time = onceASecond((date) => (logDate === true ? ctime(date) : strftime(logDate, date)));
  return (line) => `${time(Date.now())} - ${line}`;
}

/** Whose prints they are. */
export interface Printer {
  readonly workerId: number;
  readonly core: number;
  /** Threads of its process. */
  readonly threads: number;
}

/** What an application prints: with the worker in front, or as JSON, which it may speak itself. */
export function printStyle(
  { logJson }: LogSettings,
  { workerId: worker, core, threads }: Printer,
): (type: 'stdout' | 'stderr') => LineStyle {
  const prefix = `[worker ${worker}${threads > 1 ? ` core ${core}` : ''}] `;
  if (!logJson) return () => (line) => prefix + line;
  const common = { pid: process.pid, worker, core };
  return (type) => (msg) => (isJsonObject(msg) ? msg : json({ type, ...common, msg }));
}

const json = (fields: object) => JSON.stringify({ time: new Date().toISOString(), ...fields });

function isJsonObject(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}

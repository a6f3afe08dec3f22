/**
 * How a logger is written in a configuration: `[NAME ]KIND:ARGUMENTS`, with uWSGI's kinds.
 */

/** Where lines go. */
export type LoggerTarget =
  | { readonly kind: 'file'; readonly path: string; readonly maxSize: number; readonly backup: string | null }
  | { readonly kind: 'fd'; readonly fd: number }
  /** A datagram for each line, to a unix socket or `host:port`. */
  | { readonly kind: 'socket'; readonly address: string }
  /** The machine's own syslog. `facility` and level are `priority`. */
  | { readonly kind: 'syslog'; readonly ident: string; readonly priority: number }
  /** A syslog over UDP. */
  | { readonly kind: 'rsyslog'; readonly address: string; readonly ident: string; readonly priority: number };

export interface LoggerSetting {
  /** Lines go to a logger with a name only where a route says so. */
  readonly name: string | null;
  readonly target: LoggerTarget;
}

export interface RouteSetting {
  readonly name: string;
  /** Source of a regular expression. */
  readonly pattern: string;
}

const facilities: Readonly<Record<string, number>> = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};
const INFO = 6;
/** daemon, notice: what uWSGI's rsyslog sends. */
const DAEMON_NOTICE = 29;

/** Null where it is none. */
export function parseLogger(text: string): LoggerSetting | null {
  const [, name = null, kind = '', rest = ''] = /^(?:([^\s:]+)\s+)?([a-z]+)(?::(.*))?$/s.exec(text) ?? [];
  const target = parseTarget(kind, rest);
  return target === null ? null : { name, target };
}

function parseTarget(kind: string, rest: string): LoggerTarget | null {
  const [first = '', second = '', third = ''] = rest.split(',');
  switch (kind) {
    case 'file':
      return parseFile(rest);
    case 'stdio':
      return { kind: 'fd', fd: 2 };
    case 'fd':
      return /^\d+$/.test(rest) ? { kind: 'fd', fd: Number(rest) } : null;
    case 'socket':
      return first === '' ? null : { kind: 'socket', address: first };
    case 'syslog': {
      const facility = facilities[second === '' ? 'daemon' : second];
      return facility === undefined
        ? null
        : { kind: 'syslog', ident: first || 'uwsgi', priority: facility * 8 + INFO };
    }
    case 'rsyslog': {
      const priority = third === '' ? DAEMON_NOTICE : Number(third);
      if (first === '' || !Number.isInteger(priority)) return null;
      return { kind: 'rsyslog', address: first, ident: second || 'uwsgi', priority };
    }
    default:
      return null;
  }
}

/** `file:PATH`, or `file:logfile=PATH,maxsize=BYTES,backupname=PATH` */
function parseFile(rest: string): LoggerTarget | null {
  if (!rest.includes('=')) return rest === '' ? null : { kind: 'file', path: rest, maxSize: 0, backup: null };
  const values = new Map(
    rest.split(',').map((pair) => [pair.replace(/=.*/s, ''), pair.replace(/^[^=]*=/, '')]),
  );
  const path = values.get('logfile') ?? '';
  const maxSize = Number(values.get('maxsize') ?? 0);
  if (path === '' || !Number.isSafeInteger(maxSize)) return null;
  return { kind: 'file', path, maxSize, backup: values.get('backupname') ?? null };
}

/** `NAME REGEXP`. Null where it is none, or the expression none of JavaScript's. */
export function parseRoute(text: string): RouteSetting | null {
  const [, name = '', pattern = ''] = /^(\S+)\s+(.+)$/s.exec(text) ?? [];
  return name !== '' && isPattern(pattern) ? { name, pattern } : null;
}

export function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * `log-format`: a text with `%(name)` in it becomes a function once, with uWSGI's names. An empty or unknown one is `-`.
 *
 * A format that begins with `{` is taken for JSON, and its values are escaped for a JSON string; in others a quote or a
 * backslash is escaped as nginx does, so that nobody can end a field that stands in quotes.
 */
import { readFileSync } from 'node:fs';
import { ctime } from './ctime.js';
import { escapeField, escapeJson } from './escape.js';
import {
  type Arrival,
  addressOf,
  type BeginLine,
  type Departure,
  type LineOptions,
  repeated,
  sizeOfHead,
} from './request-line.js';
import { onceASecond, strftime } from './strftime.js';

export interface FormatOptions extends LineOptions {
  /** What `%(ftime)` is written with; null: as `%(ltime)`. */
  readonly date: string | null;
}

/** A line of `log-json`. */
export const jsonFormat =
  '{"time":"%(isotime)","type":"request","pid":%(pid),"worker":%(wid),"core":%(core),"addr":"%(addr)",' +
  '"user":"%(user)","method":"%(method)","uri":"%(uri)","proto":"%(proto)","host":"%(host)","status":%(status),' +
  '"headers":%(headers),"head_bytes":%(hsize),"body_bytes":%(rsize),"micros":%(micros),"referer":"%(referer)",' +
  '"agent":"%(uagent)"}';

/** What the application says of a request itself, as uWSGI's set_logvar: `environ['uwsgi.logvars'].user = 'ann'`. */
export const LOGVARS = 'uwsgi.logvars';

/** A request that is being logged. */
interface Entry {
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly arrival: Arrival;
  /** Of the names in `Taken`, as they were when the request began. */
  readonly taken: readonly unknown[];
  readonly environ: Record<string, unknown>;
}

type Piece = (entry: Entry, end: Departure) => string;
type Text = (entry: Entry, end: Departure) => unknown;

/** Names of the request that are nothing but one of its vars. */
const vars: Readonly<Record<string, string>> = {
  method: 'REQUEST_METHOD',
  user: 'REMOTE_USER',
  host: 'HTTP_HOST',
  proto: 'SERVER_PROTOCOL',
  uagent: 'HTTP_USER_AGENT',
  referer: 'HTTP_REFERER',
};

const micros = ({ milliseconds }: Departure) => Math.round(milliseconds * 1000);
const hasLeft = ({ ending }: Departure) => Number(ending === 'left');
const hasLeftSending = ({ ending }: Departure) => Number(ending === 'left-sending');

/** What needs no escaping: numbers. */
const own: Readonly<Record<string, (entry: Entry, end: Departure) => string | number>> = {
  status: (_, { head }) => head?.code ?? 0,
  rsize: (_, { bytes }) => bytes,
  hsize: (_, { head }) => sizeOfHead(head),
  size: (_, { head, bytes }) => sizeOfHead(head) + bytes,
  headers: (_, { head }) => head?.headers.length ?? 0,
  micros: (_, end) => micros(end),
  msecs: (_, { milliseconds }) => Math.round(milliseconds),
  secs: (_, end) => (micros(end) / 1e6).toFixed(6),
  tmsecs: ({ started }) => Math.floor(started),
  tmicros: ({ started }) => Math.floor(started * 1000),
  time: ({ started }) => Math.floor(started / 1000),
  epoch: () => Math.floor(Date.now() / 1000),
  switches: () => 1,
  vars: ({ arrival }) => arrival.vars * 2,
  pktsize: ({ arrival }) => arrival.size,
  modifier1: ({ arrival }) => arrival.modifier1,
  modifier2: () => 0,
  rss: () => memory(Date.now()).rss,
  vsz: () => memory(Date.now()).vsz,
  rssM: () => megabytes(memory(Date.now()).rss),
  vszM: () => megabytes(memory(Date.now()).vsz),
  werr: (_, end) => hasLeft(end),
  rerr: (_, end) => hasLeftSending(end),
  ioerr: (_, end) => hasLeft(end) + hasLeftSending(end),
  count: (_, { count }) => count,
  total: (_, { countInAll }) => countInAll,
};

/** The vars of a request that a format needs, and where each is in `Entry.taken`. */
class Taken {
  readonly names: string[] = [];

  add(name: string): number {
    const known = this.names.indexOf(name);
    return known < 0 ? this.names.push(name) - 1 : known;
  }
}

export function compileFormat(format: string, options: FormatOptions): BeginLine {
  const taken = new Taken();
  const pieces = piecesOf(format, options, taken);
  const { names } = taken;
  return (environ, arrival) => {
    const entry = { started: Date.now(), arrival, taken: names.map((name) => take(environ, name)), environ };
    return (end) => {
      let line = '';
      for (let i = 0; i < pieces.length; i++) line += pieces[i]!(entry, end);
      return line;
    };
  };

  function take(environ: Record<string, unknown>, name: string): unknown {
    if (name === 'REMOTE_ADDR') return addressOf(environ, options.xForwardedFor);
    return name === 'REQUEST_URI' ? (environ.REQUEST_URI ?? environ.PATH_INFO) : environ[name];
  }
}

function piecesOf(format: string, options: FormatOptions, taken: Taken): Piece[] {
  const isJson = format.trimStart().startsWith('{');
  const escaped = isJson ? escapeJson : escapeField;
  // An empty name is no name.
  return format
    .split(/(%\([^)]+\))/)
    .filter((text) => text !== '')
    .map((text) => {
      const name = /^%\(([^)]+)\)$/.exec(text)?.[1];
      return name === undefined ? () => text : pieceOf(name, options, taken, escaped);
    });
}

function pieceOf(
  name: string,
  options: FormatOptions,
  taken: Taken,
  escaped: (text: string) => string,
): Piece {
  const time = timeOf(name, options);
  if (time !== null) return ({ started }) => time(started);
  const fixed: Record<string, number> = { pid: process.pid, wid: options.workerId, core: options.core };
  if (Object.hasOwn(fixed, name)) return () => String(fixed[name]);
  if (Object.hasOwn(own, name)) {
    const number = own[name]!;
    return (entry, end) => String(number(entry, end));
  }
  if (name === 'cl') {
    const index = taken.add('CONTENT_LENGTH');
    return (entry) => String(Number(entry.taken[index] ?? 0) || 0);
  }
  // No metrics are kept: as with uWSGI's when there is none of that name.
  if (name.startsWith('metric.')) return () => '0';
  const text = textOf(name, taken);
  const shown = repeated((value) => (typeof value === 'string' && value !== '' ? escaped(value) : '-'));
  return (entry, end) => shown(text(entry, end));
}

function timeOf(name: string, { date }: FormatOptions): ((milliseconds: number) => string) | null {
  const common = '%d/%b/%Y:%H:%M:%S %z';
  if (name === 'isotime') return isoTime();
  if (name === 'ctime') return onceASecond(ctime);
  if (name === 'ltime') return onceASecond((when) => strftime(common, when));
  return name === 'ftime' ? onceASecond((when) => strftime(date ?? common, when)) : null;
}

/** `2025-10-08T12:00:00.000Z`: its last digits alone are made anew within a second. */
function isoTime(): (milliseconds: number) => string {
  const upToSeconds = onceASecond((when) => when.toISOString().slice(0, -'000Z'.length));
  return (when) => `${upToSeconds(when)}${String(Math.floor(when) % 1000).padStart(3, '0')}Z`;
}

/** Texts that come from outside. */
function textOf(name: string, taken: Taken): Text {
  let wanted = vars[name] ?? null;
  if (name === 'uri') wanted = 'REQUEST_URI';
  if (name === 'addr') wanted = 'REMOTE_ADDR';
  if (name.startsWith('var.')) wanted = name.slice('var.'.length);
  if (wanted === null) return ({ environ }) => logvar(environ, name);
  const index = taken.add(wanted);
  return ({ taken }) => taken[index];
}

/** As latin-1 characters, like everything else in a line. */
function logvar(environ: Record<string, unknown>, name: string): string | null {
  const value = (environ[LOGVARS] as Record<string, unknown> | undefined)?.[name];
  return value === undefined || value === null ? null : Buffer.from(String(value)).toString('latin1');
}

const megabytes = (bytes: number) => Math.floor(bytes / 1024 / 1024);
const PAGE = 4096;

/** Bytes, looked at once a second: the kernel takes its time. */
let memorySeen = { second: 0, rss: 0, vsz: 0 };
function memory(now: number): { rss: number; vsz: number } {
  const second = Math.floor(now / 1000);
  if (second !== memorySeen.second) {
    const [pages = '0'] = readFileSync('/proc/self/statm', 'ascii').split(' ');
    memorySeen = { second, rss: process.memoryUsage.rss(), vsz: Number(pages) * PAGE };
  }
  return memorySeen;
}

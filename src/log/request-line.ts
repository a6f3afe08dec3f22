/**
 * The line of a request as uWSGI writes it by default, byte for byte. It is made for nearly every request of nearly every
 * server, so what is the same from line to line is put together once: the time of a second, the end that a response's head
 * decides.
 */
import { ctime } from './ctime.js';
import { escapeControls } from './escape.js';
import { secondHand } from './strftime.js';

/** What a line says of a response's head. */
export interface LoggedHead {
  readonly code: number;
  readonly headers: readonly unknown[];
  /** As it goes on the wire, without the version in front and the empty line behind it. */
  readonly text: string;
}

/** `HTTP/1.1 ` before a head's text, CRLF behind it. */
const VERSION_AND_EMPTY_LINE = 11;
export const sizeOfHead = (head: LoggedHead | null) =>
  head === null ? 0 : head.text.length + VERSION_AND_EMPTY_LINE;

/** How a response came to its end: sent, sent by the kernel from a file, broken off by the application, left by its peer. */
export type Ending = 'sent' | 'file' | 'broken' | 'left' | 'left-sending';

/** What is known of a request when it begins, besides its vars. */
export interface Arrival {
  /** Number of vars in the packet. */
  readonly vars: number;
  /** Bytes of the packet's vars. */
  readonly size: number;
  readonly modifier1: number;
}

/** The end of a request. `head` is null where the connection ended before a response began. */
export interface Departure {
  readonly head: LoggedHead | null;
  /** Of the body. */
  readonly bytes: number;
  readonly ending: Ending;
  /** When: milliseconds of `performance.now()`. */
  readonly at: number;
  /** Since the request began. */
  readonly milliseconds: number;
  /** Requests of this thread, this one included. */
  readonly count: number;
  /** Requests of the whole instance. */
  readonly countInAll: number;
}

/** Keeps what the request says, as the application may change its environ, and makes the line, without a newline. */
export type BeginLine = (environ: Record<string, unknown>, arrival: Arrival) => (end: Departure) => string;

export interface LineOptions {
  readonly core: number;
  readonly workerId: number;
  /** X-Forwarded-For takes the place of REMOTE_ADDR. */
  readonly xForwardedFor: boolean;
}

/** @param inMicros count microseconds, not milliseconds */
export function defaultLine({ core, xForwardedFor }: LineOptions, inMicros: boolean): BeginLine {
  const start = `[pid: ${process.pid}|app: 0|req: `;
  const time = secondHand((date) => ` bytes} [${ctime(date)}] `);
  const unit = inMicros ? ' micros ' : ' msecs ';
  const peer = repeated((address) => `] ${printable(address)} (`);
  const user = repeated((name) => `${printable(name)}) {`);
  const method = repeated((name) => `${printable(name)} `);
  const end = endings(core);
  return (environ, { vars, size }) => {
    const { REMOTE_USER, REQUEST_METHOD, SERVER_PROTOCOL } = environ;
    const address = addressOf(environ, xForwardedFor);
    const uri = environ.REQUEST_URI ?? environ.PATH_INFO;
    return ({ head, bytes, ending, at, milliseconds, count, countInAll }) => {
      const elapsed = Math.round(inMicros ? milliseconds * 1000 : milliseconds);
      const how = ending === 'file' ? `${unit}via sendfile() ` : unit;
      // uWSGI counts keys and values as vars, and requests per application and in the whole instance.
      return `${start}${count}/${countInAll}${peer(address)}${user(REMOTE_USER)}${vars * 2} vars in ${size}${time(at)}${method(REQUEST_METHOD)}${printable(uri)} => generated ${bytes} bytes in ${elapsed}${how}${end(head, SERVER_PROTOCOL)}`;
    };
  };
}

/** From the protocol on. Most responses have the same head as the one before. */
function endings(core: number): (head: LoggedHead | null, protocol: unknown) => string {
  let latest: LoggedHead | null = null;
  let latestProtocol: unknown;
  let text = '';
  return (head, protocol) => {
    if (head === latest && protocol === latestProtocol && text !== '') return text;
    latest = head;
    latestProtocol = protocol;
    text =
      `(${printable(protocol)} ${head?.code ?? 0}) ${head?.headers.length ?? 0} headers in ` +
      `${sizeOfHead(head)} bytes (1 switches on core ${core})`;
    return text;
  };
}

/** What `make` makes of a value that most requests share with the one before. */
export function repeated(make: (value: unknown) => string): (value: unknown) => string {
  let latest: unknown;
  let text = make(undefined);
  return (value) => {
    if (value === latest) return text;
    latest = value;
    text = make(value);
    return text;
  };
}

export function addressOf(environ: Record<string, unknown>, xForwardedFor: boolean): unknown {
  return (xForwardedFor ? environ.HTTP_X_FORWARDED_FOR : undefined) ?? environ.REMOTE_ADDR;
}

function printable(value: unknown): string {
  return typeof value === 'string' ? escapeControls(value) : '';
}

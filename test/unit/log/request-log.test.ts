/** Which requests get a line, and the line of uWSGI: its form, whatever a client sends. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultLogSettings, type LogSettings } from '../../../src/config/log-settings.js';
import { escapeControls } from '../../../src/log/escape.js';
import { LineWriter } from '../../../src/log/line-writer.js';
import { type Counter, RequestLog } from '../../../src/log/request-log.js';
import { makeHead } from '../../../src/wsgi/headers.js';
import type { Environ } from '../../../src/wsgi/types.js';

/** The default format, as log parsers for uWSGI read it. */
const format = new RegExp(
  [
    /^\[pid: (?<pid>\d+)\|app: (?<app>\d+)\|req: (?<req>\d+)\/(?<all>\d+)\] /,
    /(?<addr>\S*) \((?<user>[^)]*)\) \{(?<vars>\d+) vars in (?<size>\d+) bytes\} /,
    /\[(?<time>\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})\] (?<method>\S*) (?<uri>.*) => /,
    /generated (?<bytes>\d+) bytes in (?<msecs>\d+) msecs \((?<protocol>\S*) (?<status>\d+)\) /,
    /(?<headers>\d+) headers in (?<hsize>\d+) bytes \((?<switches>\d+) switches on core (?<core>\d+)\)$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

const request = {
  REMOTE_ADDR: '10.0.0.1',
  REMOTE_USER: 'ann',
  REQUEST_METHOD: 'GET',
  REQUEST_URI: '/x?a=b',
  PATH_INFO: '/x',
  SERVER_PROTOCOL: 'HTTP/1.1',
} as unknown as Environ;
const head = makeHead('200 OK', [
  ['Content-Type', 'text/plain'],
  ['X', ''],
]);

let text: string;
const lines = () => text.split('\n').slice(0, -1);

function makeLog(settings: Partial<LogSettings> = {}, score: Counter | null = null): RequestLog {
  const writer = new LineWriter((bytes, at, size) => {
    text += bytes.toString('latin1', at, at + size);
    return size;
  }, false);
  return new RequestLog({
    settings: { ...defaultLogSettings(), ...settings },
    core: 3,
    workerId: 1,
    score,
    writer,
  });
}

let log: RequestLog;
beforeEach(() => {
  text = '';
  log = makeLog();
});
afterEach(() => vi.useRealTimers());

const packet = { vars: 22, size: 779, modifier1: 0 };
const add = (changes: Partial<Environ> = {}) => log.begin({ ...request, ...changes }, packet)(head, 12);
const fields = () => format.exec(lines().at(-1)!)?.groups;

describe('a line', () => {
  it('has the format of uWSGI', () => {
    vi.useFakeTimers({ now: new Date(2025, 9, 8, 12, 0, 0) });
    log = makeLog();
    const end = log.begin(request, packet);
    vi.advanceTimersByTime(3);
    end(head, 12);
    log.flush();
    expect(text).toBe(
      `[pid: ${process.pid}|app: 0|req: 1/1] 10.0.0.1 (ann) {44 vars in 779 bytes} ` +
        '[Wed Oct  8 12:00:00 2025] GET /x?a=b => generated 12 bytes in 3 msecs (HTTP/1.1 200) ' +
        '2 headers in 50 bytes (1 switches on core 3)\n',
    );
    expect(`HTTP/1.1 ${head.text}\r\n`).toHaveLength(50);
  });

  it('counts requests', () => {
    for (let i = 0; i < 3; i++) add();
    log.flush();
    expect(lines().map((line) => format.exec(line)?.groups?.req)).toEqual(['1', '2', '3']);
  });

  it.each([
    ['no user, no address', { REMOTE_USER: undefined, REMOTE_ADDR: undefined }, { addr: '', user: '' }],
    ['no REQUEST_URI', { REQUEST_URI: undefined }, { uri: '/x' }],
    ['an empty REQUEST_URI', { REQUEST_URI: '' }, { uri: '' }],
    ['values that are no strings', { REMOTE_ADDR: 5, REQUEST_METHOD: {} }, { addr: '', method: '' }],
  ])('can be read with %s', (_, changes, expected) => {
    add(changes as unknown as Partial<Environ>);
    log.flush();
    expect(fields()).toMatchObject(expected);
  });

  it('says what the request said, whatever the application made of its environ', () => {
    const environ = { ...request };
    const end = log.begin(environ, packet);
    environ.REQUEST_METHOD = 'PUT';
    environ.REQUEST_URI = '/elsewhere';
    Reflect.deleteProperty(environ, 'SERVER_PROTOCOL');
    end(head, 0);
    log.flush();
    expect(fields()).toMatchObject({ method: 'GET', uri: '/x?a=b', protocol: 'HTTP/1.1' });
  });

  it('tells a connection that ended before a response began', () => {
    log.begin(request, packet)(null, 0);
    log.flush();
    expect(fields()).toMatchObject({ status: '0', headers: '0', hsize: '0', bytes: '0' });
  });

  it('carries latin-1 bytes as they came, so that UTF-8 stays readable', () => {
    add({ REQUEST_URI: Buffer.from('/käse').toString('latin1') });
    log.flush();
    expect(Buffer.from(fields()!.uri!, 'latin1').toString('utf8')).toBe('/käse');
  });
});

describe('what a client sends', () => {
  const evil = `\n[pid: 1|app: 0|req: 1/1] 6.6.6.6\r\x1b[2J\0\x7f`;

  it.each(['REMOTE_ADDR', 'REMOTE_USER', 'REQUEST_METHOD', 'REQUEST_URI', 'SERVER_PROTOCOL'])(
    'cannot forge a line or drive a terminal: %s',
    (name) => {
      add({ [name]: `a${evil}` });
      log.flush();
      expect(lines()).toHaveLength(1);
      expect(text).toContain('a\\x0a[pid: 1|app: 0|req: 1/1] 6.6.6.6\\x0d\\x1b[2J\\x00\\x7f');
    },
  );

  it('is otherwise left alone', () => {
    const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
    const printable = all.slice(32, 127) + all.slice(128);
    expect(escapeControls(printable)).toBe(printable);
    expect(escapeControls(all)).toHaveLength(256 + 33 * 3);
  });
});

it('counts per thread and, where somebody counts, in the whole instance', () => {
  let inAll = 40;
  const latestRequest = () => {
    inAll += 1;
    return inAll;
  };
  const counted = makeLog({}, { latestRequest });
  for (const bytes of [1, 2]) counted.begin({}, packet)(null, bytes);
  counted.flush();
  expect(text).toMatch(/\|req: 1\/41\].*\n.*\|req: 2\/42\]/);
});

describe('options', () => {
  it('log-micros counts in microseconds', () => {
    vi.useFakeTimers();
    log = makeLog({ logMicros: true });
    const end = log.begin(request, packet);
    vi.advanceTimersByTime(3);
    end(head, 12);
    log.flush();
    expect(text).toContain(' in 3000 micros (');
  });

  it('log-x-forwarded-for takes the address from the header, where there is one', () => {
    log = makeLog({ logXForwardedFor: true });
    add({ HTTP_X_FORWARDED_FOR: '9.9.9.9, 8.8.8.8' });
    add();
    log.flush();
    expect(lines()[0]).toContain('] 9.9.9.9, 8.8.8.8 (ann)');
    expect(lines()[1]).toContain('] 10.0.0.1 (ann)');
  });

  it('a file that the kernel sent is told as such', () => {
    log.begin(request, packet)(head, 12, 'file');
    log.flush();
    expect(text).toContain(' msecs via sendfile() (HTTP/1.1 200)');
  });
});

describe('disable-logging', () => {
  const small = makeHead('200 OK', []);
  const notFound = makeHead('404 Not Found', []);
  const failed = makeHead('502 Bad Gateway', []);
  const codes = () => lines().map((line) => /\(HTTP\/1\.1 (\d+)\)/.exec(line)![1]);

  it('leaves nothing to do without exceptions', () => {
    const settings = { ...defaultLogSettings(), disableLogging: true };
    expect(RequestLog.of(settings, 0, 1, null)).toBe(null);
    expect(RequestLog.of({ ...settings, log4xx: true }, 0, 1, null)).not.toBe(null);
  });

  it.each<[string, Partial<LogSettings>, string[]]>([
    ['log-4xx', { log4xx: true }, ['404']],
    ['log-5xx', { log5xx: true }, ['502']],
    ['log-4xx and log-5xx', { log4xx: true, log5xx: true }, ['404', '502']],
    ['log-zero', { logZero: true }, ['404']],
    ['log-big', { logBig: 1000 }, ['200']],
    ['log-slow', { logSlow: 50 }, ['502']],
    ['log-sendfile', { logSendfile: true }, ['200']],
    ['log-ioerror', { logIoerror: true }, ['502']],
  ])('with %s writes no other line', (_, settings, expected) => {
    vi.useFakeTimers();
    log = makeLog({ disableLogging: true, ...settings });
    log.begin(request, packet)(small, 999);
    log.begin(request, packet)(notFound, 0);
    log.begin(request, packet)(small, 1000, 'file');
    const slow = log.begin(request, packet);
    vi.advanceTimersByTime(50);
    slow(failed, 5, 'left');
    log.flush();
    expect(codes()).toEqual(expected);
  });

  it('counts the requests that get no line', () => {
    log = makeLog({ disableLogging: true, log4xx: true });
    log.begin(request, packet)(small, 1);
    log.begin(request, packet)(notFound, 1);
    log.flush();
    expect(fields()).toMatchObject({ req: '2', status: '404' });
  });
});

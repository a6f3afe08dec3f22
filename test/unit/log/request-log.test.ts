/** The request line of uWSGI: its form, whatever a client sends, and how many of them leave together. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { escapeControls, type Output, RequestLog } from '../../../src/log/request-log.js';
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

class Sink {
  text = '';
  writes: number[] = [];
  room = Number.POSITIVE_INFINITY;
  error: Error | null = null;
  readonly output: Output = (bytes, at, size) => {
    if (this.error !== null) throw this.error;
    if (this.room < size) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
    this.room -= size;
    this.writes.push(size);
    this.text += bytes.toString('latin1', at, at + size);
    return size;
  };
  get lines() {
    return this.text.split('\n').slice(0, -1);
  }
}

let sink: Sink;
let log: RequestLog;
beforeEach(() => {
  sink = new Sink();
  log = new RequestLog(3, null, sink.output, true);
});
afterEach(() => vi.useRealTimers());

const add = (changes: Partial<Environ> = {}) => log.begin({ ...request, ...changes }, 22, 779)(head, 12);
const fields = () => format.exec(sink.lines.at(-1)!)?.groups;

describe('a line', () => {
  it('has the format of uWSGI', () => {
    vi.useFakeTimers({ now: new Date(2025, 9, 8, 12, 0, 0) });
    const end = log.begin(request, 22, 779);
    vi.advanceTimersByTime(3);
    end(head, 12);
    log.flush();
    expect(sink.text).toBe(
      `[pid: ${process.pid}|app: 0|req: 1/1] 10.0.0.1 (ann) {44 vars in 779 bytes} ` +
        '[Wed Oct  8 12:00:00 2025] GET /x?a=b => generated 12 bytes in 3 msecs (HTTP/1.1 200) ' +
        '2 headers in 50 bytes (1 switches on core 3)\n',
    );
    expect(`HTTP/1.1 ${head.text}\r\n`).toHaveLength(50);
  });

  it('counts requests', () => {
    for (let i = 0; i < 3; i++) add();
    log.flush();
    expect(sink.lines.map((line) => format.exec(line)?.groups?.req)).toEqual(['1', '2', '3']);
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
    const end = log.begin(environ, 1, 1);
    environ.REQUEST_METHOD = 'PUT';
    environ.REQUEST_URI = '/elsewhere';
    Reflect.deleteProperty(environ, 'SERVER_PROTOCOL');
    end(head, 0);
    log.flush();
    expect(fields()).toMatchObject({ method: 'GET', uri: '/x?a=b', protocol: 'HTTP/1.1' });
  });

  it('tells a connection that ended before a response began', () => {
    log.begin(request, 1, 1)(null, 0);
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
      expect(sink.lines).toHaveLength(1);
      expect(sink.text).toContain('a\\x0a[pid: 1|app: 0|req: 1/1] 6.6.6.6\\x0d\\x1b[2J\\x00\\x7f');
    },
  );

  it('is otherwise left alone', () => {
    const text = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
    const printable = text.slice(32, 127) + text.slice(128);
    expect(escapeControls(printable)).toBe(printable);
    expect(escapeControls(text)).toHaveLength(256 + 33 * 3);
  });
});

describe('lines of one turn of the event loop', () => {
  it('leave together after it', async () => {
    for (let i = 0; i < 5; i++) add();
    expect(sink.writes).toEqual([]);
    await new Promise(setImmediate);
    expect(sink.lines).toHaveLength(5);
    expect(sink.writes).toHaveLength(1);
  });

  it('do not wait for its end once they are many', () => {
    for (let i = 0; i < 300; i++) add();
    expect(sink.lines.length).toBeGreaterThan(150);
  });

  it('go into a pipe in pieces that arrive whole, into a file in one', async () => {
    const file = new Sink();
    const fileLog = new RequestLog(0, null, file.output, false);
    for (let i = 0; i < 100; i++) {
      add({ REQUEST_URI: `/${'x'.repeat(i * 3)}` });
      fileLog.begin(request, 1, 1)(head, 0);
    }
    await new Promise(setImmediate);
    expect(sink.lines).toHaveLength(100);
    expect(sink.lines.every((line) => format.test(line))).toBe(true);
    let at = 0;
    for (const size of sink.writes) {
      expect(size).toBeLessThanOrEqual(4096);
      at += size;
      expect(sink.text[at - 1]).toBe('\n');
    }
    expect(sink.writes.length).toBeLessThan(20);
    expect(file.writes).toHaveLength(1);
  });

  it('are written even when one of them is larger than such a piece', async () => {
    add({ REQUEST_URI: `/${'x'.repeat(10_000)}` });
    add();
    await new Promise(setImmediate);
    expect(sink.lines).toHaveLength(2);
  });
});

it('counts per thread and, where somebody counts, in the whole instance', () => {
  let inAll = 40;
  const latestRequest = () => {
    inAll += 1;
    return inAll;
  };
  const counted = new RequestLog(0, { latestRequest }, sink.output, true);
  for (const bytes of [1, 2]) counted.begin({}, 0, 0)(null, bytes);
  counted.flush();
  expect(sink.text).toMatch(/\|req: 1\/41\].*\n.*\|req: 2\/42\]/);
});

describe('a reader that does not keep up', () => {
  it('gets the rest later, and is not asked all the time', () => {
    vi.useFakeTimers();
    let asked = 0;
    const counting = new RequestLog(
      0,
      null,
      (bytes, at, size) => {
        asked++;
        return sink.output(bytes, at, size);
      },
      true,
    );
    sink.room = 500;
    for (let i = 0; i < 40; i++) counting.begin(request, 1, 1)(head, i);
    vi.advanceTimersByTime(100);
    const before = asked;
    for (let i = 0; i < 40; i++) counting.begin(request, 1, 1)(head, i);
    expect(asked).toBe(before);
    vi.advanceTimersByTime(100);
    expect(asked - before).toBeLessThan(15);
    sink.room = Number.POSITIVE_INFINITY;
    vi.advanceTimersByTime(20);
    expect(sink.lines).toHaveLength(80);
    expect(sink.lines.every((line) => format.test(line))).toBe(true);
  });

  it('loses lines once a megabyte waits, and is told how many', () => {
    vi.useFakeTimers();
    sink.room = 0;
    for (let i = 0; i < 10_000; i++) add();
    sink.room = Number.POSITIVE_INFINITY;
    vi.advanceTimersByTime(20);
    const dropped = Number(/\*\*\* (\d+) request log lines were dropped/.exec(sink.lines.at(-1)!)?.[1]);
    expect(dropped).toBeGreaterThan(1_000);
    expect(sink.lines).toHaveLength(10_000 - dropped + 1);
    add();
    log.flush();
    expect(sink.lines.at(-1)).toMatch(format);
  });
});

it('a log that cannot be written harms nobody', () => {
  sink.error = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  add();
  log.flush();
  sink.error = null;
  add();
  log.flush();
  expect(sink.lines).toHaveLength(1);
});

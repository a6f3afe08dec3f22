/** `log-format`: its names, and that whatever a client sends stays inside its field and its line. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { compileFormat, jsonFormat } from '../../../src/log/log-format.js';
import type { Departure } from '../../../src/log/request-line.js';
import { makeHead } from '../../../src/wsgi/headers.js';

const environ = {
  REMOTE_ADDR: '10.0.0.1',
  REMOTE_USER: 'ann',
  REQUEST_METHOD: 'POST',
  REQUEST_URI: '/x?a=b',
  PATH_INFO: '/x',
  SERVER_PROTOCOL: 'HTTP/1.1',
  HTTP_HOST: 'example.org',
  HTTP_USER_AGENT: 'curl/8',
  HTTP_REFERER: 'http://r/',
  CONTENT_LENGTH: '5',
  SERVER_NAME: '',
};
const arrival = { vars: 13, size: 288, modifier1: 30 };
const head = makeHead('200 OK', [['Content-Type', 'text/plain']]);
const end: Departure = { head, bytes: 12, ending: 'sent', milliseconds: 3.0921, count: 7, countInAll: 9 };
const options = { core: 2, workerId: 4, xForwardedFor: false, date: null };

const write = (format: string, request: object = environ, how: Partial<Departure> = {}, more: object = {}) =>
  compileFormat(format, { ...options, ...more })({ ...request }, arrival)({ ...end, ...how });

afterEach(() => vi.useRealTimers());

describe('names', () => {
  it.each([
    ['uri method user addr host', '/x?a=b POST ann 10.0.0.1 example.org'],
    ['proto uagent referer', 'HTTP/1.1 curl/8 http://r/'],
    ['status rsize hsize size cl', '200 12 45 57 5'],
    ['micros msecs secs', '3092 3 0.003092'],
    ['pid wid core', `${process.pid} 4 2`],
    ['vars pktsize modifier1 modifier2 headers switches', '26 288 30 0 1 1'],
    ['werr rerr ioerr', '0 0 0'],
    ['count total', '7 9'],
    ['var.HTTP_HOST var.NOPE var.SERVER_NAME', 'example.org - -'],
    ['metric.core.x unknown', '0 -'],
  ])('%s', (names, expected) => {
    expect(
      write(
        names
          .split(' ')
          .map((name) => `%(${name})`)
          .join(' '),
      ),
    ).toBe(expected);
  });

  it('of times', () => {
    vi.useFakeTimers({ now: new Date(2025, 9, 8, 12, 30, 1, 250) });
    const seconds = Math.floor(Date.now() / 1000);
    expect(write('%(time) %(epoch) %(tmsecs) %(tmicros)')).toBe(
      `${seconds} ${seconds} ${seconds}250 ${seconds}250000`,
    );
    expect(write('%(ctime)')).toBe('Wed Oct  8 12:30:01 2025');
    expect(write('%(ltime)')).toMatch(/^08\/Oct\/2025:12:30:01 [+-]\d{4}$/);
    expect(write('%(ftime)')).toBe(write('%(ltime)'));
    expect(write('%(ftime)', environ, {}, { date: '%Y-%m-%d' })).toBe('2025-10-08');
  });

  it('of memory', () => {
    const [rss, vsz, rssM, vszM] = write('%(rss) %(vsz) %(rssM) %(vszM)').split(' ').map(Number);
    expect(rss).toBeGreaterThan(1e6);
    expect(vsz).toBeGreaterThan(rss!);
    expect([rssM, vszM]).toEqual([Math.floor(rss! / 2 ** 20), Math.floor(vsz! / 2 ** 20)]);
  });

  it('of a peer that left', () => {
    expect(write('%(werr) %(rerr) %(ioerr) %(status)', environ, { ending: 'left', head: null })).toBe(
      '1 0 1 0',
    );
    expect(write('%(werr) %(rerr) %(ioerr)', environ, { ending: 'left-sending' })).toBe('0 1 1');
  });

  it('that the application has set itself', () => {
    const request: Record<string, unknown> = { ...environ };
    const finish = compileFormat('%(who) %(n) %(not)', options)(request, arrival);
    request['uwsgi.logvars'] = { who: 'ünn', n: 3 };
    expect(finish(end)).toBe(`${Buffer.from('ünn').toString('latin1')} 3 -`);
  });

  it('with the client behind a proxy', () => {
    const proxied = { ...environ, HTTP_X_FORWARDED_FOR: '9.9.9.9' };
    expect(write('%(addr)', proxied, {}, { xForwardedFor: true })).toBe('9.9.9.9');
    expect(write('%(addr)', proxied)).toBe('10.0.0.1');
  });
});

describe('text', () => {
  it.each([
    ['a 100% b', 'a 100% b'],
    ['%%(core)', '%2'],
    ['%(core', '%(core'],
    ['%()', '%()'],
    ['{%(core)}', '{2}'],
  ])('%s', (format, expected) => expect(write(format)).toBe(expected));

  it('says what the request said, whatever the application made of its environ', () => {
    const request = { ...environ };
    const finish = compileFormat('%(method) %(var.HTTP_HOST)', options)(request, arrival);
    request.REQUEST_METHOD = request.HTTP_HOST = 'changed';
    expect(finish(end)).toBe('POST example.org');
  });
});

describe('what a client sends', () => {
  const bytes = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  });
  const requests = fc.record({
    REMOTE_ADDR: bytes,
    REMOTE_USER: bytes,
    REQUEST_METHOD: bytes,
    REQUEST_URI: bytes,
    SERVER_PROTOCOL: bytes,
    HTTP_HOST: bytes,
    HTTP_USER_AGENT: bytes,
    HTTP_REFERER: bytes,
  });

  it('cannot end a field in quotes, nor a line', () => {
    const combined =
      '"%(addr)" "%(user)" "%(method) %(uri) %(proto)" "%(host)" "%(referer)" "%(uagent)" "%(var.REQUEST_URI)"';
    fc.assert(
      fc.property(requests, (request) => {
        const line = write(combined, request);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
        expect(line).not.toMatch(/[\x00-\x1f\x7f]/);
        expect(line.split('"')).toHaveLength(15);
      }),
    );
  });

  it('is valid JSON where the format is', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const line = write(jsonFormat, request);
        expect(line).not.toContain('\n');
        const parsed = JSON.parse(Buffer.from(line, 'latin1').toString());
        expect(Object.keys(parsed)).toHaveLength(18);
        const uri = Buffer.from(request.REQUEST_URI, 'latin1').toString();
        expect(parsed.uri).toBe(uri === '' ? '-' : uri);
        expect(parsed).toMatchObject({ type: 'request', status: 200, body_bytes: 12 });
      }),
    );
  });
});

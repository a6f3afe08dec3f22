// biome-ignore-all lint/suspicious/noTemplateCurlyInString: encoders are written like this
/** Lines on their way to loggers: how loggers are written, who gets which line, what encoders make of it. */
import { describe, expect, it } from 'vitest';
import { compileEncoders, parseEncoder } from '../../../src/log/encoders.js';
import { LogRouter, type RouterParts } from '../../../src/log/log-router.js';
import { parseLogger, parseRoute } from '../../../src/log/logger-spec.js';

describe('a logger', () => {
  it.each([
    ['file:/x.log', null, { kind: 'file', path: '/x.log', maxSize: 0, backup: null }],
    [
      'req file:logfile=/x.log,maxsize=100,backupname=/y',
      'req',
      { kind: 'file', path: '/x.log', maxSize: 100, backup: '/y' },
    ],
    ['stdio', null, { kind: 'fd', fd: 2 }],
    ['stdio:', null, { kind: 'fd', fd: 2 }],
    ['out fd:1', 'out', { kind: 'fd', fd: 1 }],
    ['socket:127.0.0.1:5050', null, { kind: 'socket', address: '127.0.0.1:5050' }],
    ['syslog:', null, { kind: 'syslog', ident: 'uwsgi', priority: 30 }],
    ['syslog:shop,local6', null, { kind: 'syslog', ident: 'shop', priority: 182 }],
    [
      'rsyslog:10.0.0.1:514,shop',
      null,
      { kind: 'rsyslog', address: '10.0.0.1:514', ident: 'shop', priority: 29 },
    ],
    ['rsyslog:10.0.0.1,shop,14', null, { kind: 'rsyslog', address: '10.0.0.1', ident: 'shop', priority: 14 }],
  ])('%s', (text, name, target) => expect(parseLogger(text)).toEqual({ name, target }));

  it.each(['', 'redis:x', 'file:', 'fd:x', 'socket:', 'syslog:x,nothing', 'file:maxsize=1', 'rsyslog:a,b,c'])(
    'is not %s',
    (text) => expect(parseLogger(text)).toBe(null),
  );

  it('is named by a route', () => {
    expect(parseRoute('one ^GET /x')).toEqual({ name: 'one', pattern: '^GET /x' });
    expect([parseRoute('one'), parseRoute('one (')]).toEqual([null, null]);
  });
});

describe('encoders', () => {
  const encode = (line: string, ...texts: string[]) =>
    compileEncoders(
      texts.map((text) => parseEncoder(text)!),
      'one',
    )(line);

  it.each([
    [[], 'a "b"\n'],
    [['prefix >> '], '>> a "b"'],
    [['prefix >', 'suffix <', 'nl'], '>a "b"<\n'],
    [['json {"msg":"${msg}"}', 'nl'], '{"msg":"a \\"b\\""}\n'],
    [['json "${msgnl}"'], '"a \\"b\\"\\n"'],
    [['format [${msg}] ${nothing}.'], '[a "b"] .'],
    [['prefix:two no', 'prefix:one yes '], 'yes a "b"'],
  ])('%j', (texts, expected) => expect(encode('a "b"', ...texts)).toBe(expected));

  it('know the time', () => {
    const [unix, micros, year] = encode('', 'format ${unix} ${micros} ${strftime:%Y}').split(' ').map(Number);
    expect(Math.abs(unix! - Date.now() / 1000)).toBeLessThan(60);
    expect(Math.floor(micros! / 1e6) - unix!).toBeLessThan(2);
    expect(year).toBe(new Date().getFullYear());
  });

  it.each(['gzip', 'xml x', ''])('are not %s', (text) => expect(parseEncoder(text)).toBe(null));
});

describe('a line', () => {
  class Kept {
    text = '';
    write(text: string) {
      this.text += text;
    }
    flush() {}
  }

  function make(changes: Partial<RouterParts> = {}) {
    const [one, two, fallback] = [new Kept(), new Kept(), new Kept()];
    const loggers = [
      { name: 'one', destination: one },
      { name: null, destination: two },
    ];
    const none = { routes: [], encoders: [], drain: [], filter: [] };
    return { one, two, fallback, router: new LogRouter({ loggers, ...none, fallback, ...changes }) };
  }

  it('goes to loggers without a name', () => {
    const { one, two, fallback, router } = make();
    router.take('a\nb\n');
    expect([one.text, two.text, fallback.text]).toEqual(['', 'a\nb\n', '']);
  });

  it('goes where a route says, and nowhere else', () => {
    const { one, two, router } = make({ routes: [{ name: 'one', pattern: '^b' }] });
    router.take('a\nb\nab\n');
    expect([one.text, two.text]).toEqual(['b\n', 'a\nab\n']);
  });

  it('goes where it would have gone without loggers when there is none for it', () => {
    const { fallback, router } = make({ loggers: [] });
    router.take('a\n');
    expect(fallback.text).toBe('a\n');
  });

  it('may be dropped', () => {
    const { two, router } = make({ drain: ['noise'], filter: ['^a', '^b'] });
    router.take('a\nb noise\nb\nc\n');
    expect(two.text).toBe('a\nb\n');
  });

  it('may come in pieces', () => {
    const { two, router } = make({ encoders: [parseEncoder('prefix >')!, parseEncoder('nl')!] });
    for (const piece of ['on', 'e\ntw', 'o', '\n', 'three']) router.take(piece);
    expect(two.text).toBe('>one\n>two\n');
    router.flush();
    expect(two.text).toBe('>one\n>two\n>three\n');
  });
});

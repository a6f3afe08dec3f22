/**
 * environ, PEP 3333, "environ Variables", from the vars of a packet: the same object whichever way it is built, and an
 * ordinary one.
 */
import { setFlagsFromString } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerNamesOf, type Learned as LearnedEnviron } from '../../../src/adapters/request.js';
import { Fact } from '../../../src/native.js';
import {
  EnvironBuilder,
  type EnvironConstants,
  environPrototype,
  type SignalSource,
} from '../../../src/thread/environ.js';
import { WsgiInput } from '../../../src/wsgi/input.js';
import type { Environ } from '../../../src/wsgi/types.js';
import { validPackets } from '../../packets/corpus.js';
import type { Var } from '../../packets/encode.js';
import { expectedVars, required, serverKeys as server } from '../../packets/environ.js';
import { announce, type Learned } from './packet-reader.js';

const constants: EnvironConstants = {
  multithread: true,
  multiprocess: false,
  version: '1.2.3',
  node: 'host.example',
  errors: { write() {}, writelines() {}, flush() {} },
};
const input = new WsgiInput(null, null);
const ways: Learned[] = ['nothing', 'names', 'prefix', 'all'];

const stub = () => ({ signal: new AbortController().signal });

function build(
  vars: readonly Var[],
  learned: Learned = 'nothing',
  modifier1 = 0,
  request: SignalSource = stub(),
) {
  const builder = new EnvironBuilder(constants);
  // The names of headers are learned from a first packet.
  if (learned === 'names') builder.build(announce(builder, vars, learned, modifier1), input, request);
  return builder.build(announce(builder, vars, learned, modifier1), input, request);
}

function varsOf(environ: Environ): Map<string, unknown> {
  const keys = Object.keys(environ).filter((key) => !server.includes(key));
  return new Map(keys.map((key) => [key, Object.getOwnPropertyDescriptor(environ, key)?.value]));
}

describe.each(ways)('an environ of which %s is learned', (learned) => {
  it.each(validPackets().map((packet) => [packet.name, packet] as const))(
    'has the vars of %s',
    (_, { vars }) => {
      expect(varsOf(build(vars, learned))).toEqual(expectedVars(vars));
    },
  );

  it('has the keys that PEP 3333 requires, whatever the packet says', () => {
    const environ = build([['X', 'y']], learned);
    expect(environ).toMatchObject({
      ...required,
      X: 'y',
      'wsgi.version': [1, 0],
      'wsgi.url_scheme': 'http',
      'wsgi.multithread': true,
      'wsgi.multiprocess': false,
      'wsgi.run_once': false,
      'uwsgi.version': '1.2.3',
      'uwsgi.node': 'host.example',
    });
    expect(environ['wsgi.input']).toBe(input);
    expect(environ['wsgi.errors']).toBe(constants.errors);
    expect(environ['wsgi.file_wrapper']).toBeTypeOf('function');
  });

  it('never has a CONTENT_LENGTH or CONTENT_TYPE that did not come', () => {
    const environ = build([['A', 'b']], learned);
    expect('CONTENT_LENGTH' in environ || 'CONTENT_TYPE' in environ).toBe(false);
    const empty = build(
      [
        ['CONTENT_LENGTH', ''],
        ['CONTENT_TYPE', ''],
      ],
      learned,
    );
    expect(empty).toMatchObject({ CONTENT_LENGTH: '', CONTENT_TYPE: '' });
  });

  it('has its keys in order: required, of the server, then the others as they came', () => {
    const vars: Var[] = [
      ['B', '1'],
      ['PATH_INFO', '/'],
      ['A', '2'],
      ['HTTP_Z', '3'],
      ['REQUEST_METHOD', 'PUT'],
      ['HTTP_Y', '4'],
      ['B', '5'],
    ];
    expect(Object.keys(build(vars, learned))).toEqual([
      ...Object.keys(required),
      ...server,
      ...['B', 'A', 'HTTP_Z', 'HTTP_Y'],
    ]);
  });

  it('joins repeated headers as RFC 9110, 5.3, and RFC 6265, 5.4, have it; of other vars the last one wins', () => {
    const vars: Var[] = [
      ['REMOTE_ADDR', 'first'],
      ['HTTP_ACCEPT', 'a'],
      ['HTTP_COOKIE', 'a=1'],
      ['HTTP_ACCEPT', ''],
      ['HTTP_COOKIE', 'b=2'],
      ['HTTP_ACCEPT', 'c'],
      ['REMOTE_ADDR', 'last'],
      ['lower', 'first'],
      ['lower', 'last'],
      ['HTTP_', 'x'],
      ['HTTP_', 'y'],
    ];
    expect(build(vars, learned)).toMatchObject({
      HTTP_ACCEPT: 'a, , c',
      HTTP_COOKIE: 'a=1; b=2',
      REMOTE_ADDR: 'last',
      lower: 'last',
      HTTP_: 'x, y',
    });
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '__defineGetter__',
    '0',
    'a.b',
    "'];process.exit();//",
    'x"\\\n\0',
  ])('has a var called %j like any other', (name) => {
    const environ = build(
      [
        [name, 'first'],
        ['HTTP_A', 'x'],
        [name, 'value'],
      ],
      learned,
    );
    expect(Object.getOwnPropertyDescriptor(environ, name)).toEqual({
      value: 'value',
      writable: true,
      enumerable: true,
      configurable: true,
    });
    expect(({} as Record<string, unknown>)[name]).not.toBe('value');
  });

  it.each([...server, 'uwsgi.signal'])('does not let a packet take the place of %s', (name) => {
    const request = stub();
    const plain = build([['A', 'b']], learned, 0, request);
    const attacked = build(
      [
        ['A', 'b'],
        [name, 'evil'],
        ['HTTP_X', 'y'],
        [name, 'evil'],
      ],
      learned,
      0,
      request,
    );
    expect(attacked[name]).toBe(plain[name]);
    expect(varsOf(attacked)).toEqual(new Map([...varsOf(plain), ['HTTP_X', 'y']]));
  });

  it('has the scheme that the front server tells, and believes no header', () => {
    const schemes: [Var[], string][] = [
      [[], 'http'],
      [[['HTTPS', 'on']], 'https'],
      [[['HTTPS', '1']], 'https'],
      [[['HTTPS', 'off']], 'http'],
      [[['HTTPS', '']], 'http'],
      [[['REQUEST_SCHEME', 'https']], 'https'],
      [[['REQUEST_SCHEME', 'http']], 'http'],
      [
        [
          ['REQUEST_SCHEME', 'http'],
          ['HTTPS', 'on'],
        ],
        'https',
      ],
      [[['REQUEST_SCHEME', 'gopher']], 'http'],
      [
        [
          ['HTTP_X_FORWARDED_PROTO', 'https'],
          ['HTTP_HTTPS', 'on'],
        ],
        'http',
      ],
      [
        [
          ['A', 'b'],
          ['HTTP_X', 'y'],
          ['HTTPS', 'on'],
        ],
        'https',
      ],
      [
        [
          ['HTTPS', 'on'],
          ['HTTP_X', 'y'],
          ['HTTPS', 'off'],
        ],
        'http',
      ],
      [
        [
          ['REQUEST_SCHEME', 'https'],
          ['REQUEST_SCHEME', 'http'],
        ],
        'http',
      ],
    ];
    for (const [vars, scheme] of schemes) {
      expect([vars, build([['Z', ''], ...vars], learned)['wsgi.url_scheme']]).toEqual([vars, scheme]);
    }
  });

  it.each([
    ['/app/x', '/app', '/x'],
    ['/app', '/app', ''],
    ['/application', '/app', '/application'],
    ['/other', '/app', '/other'],
    ['/app/x', '', '/app/x'],
    ['/a/b/c', '/a/b', '/c'],
  ])('with modifier 30 strips SCRIPT_NAME: %s without %s is %j', (path, script, rest) => {
    const vars: Var[] = [
      ['PATH_INFO', path],
      ['SCRIPT_NAME', script],
      ['HTTP_HOST', 'x'],
    ];
    expect(build(vars, learned, 30)).toMatchObject({ PATH_INFO: rest, SCRIPT_NAME: script });
    expect(build(vars, learned, 0)).toMatchObject({ PATH_INFO: path, SCRIPT_NAME: script });
  });

  it('is the application’s own: it may change what it likes', () => {
    const environ = build(
      [
        ['A', 'b'],
        ['HTTP_X', 'y'],
      ],
      learned,
    );
    for (const key of Object.keys(environ)) {
      environ[key] = 'changed';
      expect(delete environ[key]).toBe(true);
    }
    environ['my.key'] = 1;
    expect(Object.keys(environ)).toEqual(['my.key']);
  });
});

const name = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('REQUEST_METHOD', 'PATH_INFO', 'HTTPS', 'REQUEST_SCHEME', 'A', 'b'),
  },
  { weight: 4, arbitrary: fc.constantFrom('HTTP_A', 'HTTP_B', 'HTTP_COOKIE', 'HTTP_') },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'wsgi.input', 'uwsgi.signal') },
  { weight: 1, arbitrary: fc.constantFrom(`HTTP_${'LONG'.repeat(20)}`, 'X'.repeat(300)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', minLength: 1 }) },
);
const value = fc.oneof(fc.constantFrom('', 'on', 'https', 'http'), fc.string({ unit: 'binary-ascii' }));

it('is the same object whatever has been learned', () => {
  const request = stub();
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 30 }), (vars) => {
      const [first, ...others] = ways.map((learned) => build(vars, learned, 0, request));
      expect(varsOf(first!)).toEqual(expectedVars(vars));
      for (const other of others) {
        expect(Object.entries(other)).toEqual(Object.entries(first!));
        expect(Object.prototype.isPrototypeOf.call(environPrototype, other)).toBe(true);
        const headers = Object.keys(other).filter((key) => key.startsWith('HTTP_'));
        expect((other as { [headerNamesOf]?: string[] })[headerNamesOf] ?? headers).toEqual(headers);
      }
    }),
    { numRuns: 300 },
  );
});

it('is built of as many vars as a packet can hold', () => {
  const vars = Array.from({ length: 13_107 }, (_, i): Var => [String.fromCharCode(i % 200), '']);
  for (const learned of ways) expect(varsOf(build(vars, learned))).toEqual(expectedVars(vars));
});

/** V8's own word for it; code that says %Name compiles only with this flag. */
function haveSameMap(): (a: object, b: object) => boolean {
  setFlagsFromString('--allow-natives-syntax');
  const compiled = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;
  setFlagsFromString('--no-allow-natives-syntax');
  return compiled;
}

it.each(['nothing', 'names', 'prefix'] as const)(
  'has one hidden class for all sets of headers, of %s learned',
  (learned) => {
    const sets = [['HTTP_A'], ['HTTP_B', 'HTTP_A'], ['HTTP_C', 'X', 'HTTP_A']];
    const builder = new EnvironBuilder(constants);
    const [first, ...others] = sets.map((names, i) => {
      const vars = [...Object.keys(required), ...names].map((name): Var => [name, 'x']);
      const text = announce(builder, vars, learned);
      if (i > 0) builder.facts[Fact.prefixFresh] = 0;
      return builder.build(text, input, stub());
    });
    for (const other of others) expect(haveSameMap()(first!, other)).toBe(true);
  },
);

describe('a value that comes again', () => {
  const vars = (name: string, cookie: string): Var[] => [
    ['SERVER_NAME', name],
    ['HTTP_COOKIE', cookie],
    ['HTTP_COOKIE', 'b=2'],
  ];

  /** What environs are built of where the addon says of each packet which values are held, and which to keep. */
  function built(...packets: [packet: Var[], held: number, keep: number][]): unknown[] {
    const builder = new EnvironBuilder(constants);
    return packets.map(([packet, held, keep], i) => {
      const text = announce(builder, packet, 'all');
      builder.facts.set([i === 0 ? 1 : 0], Fact.fresh);
      builder.facts.set([held, keep], Fact.held);
      const { SERVER_NAME, HTTP_COOKIE } = builder.build(text, input, stub());
      return [SERVER_NAME, HTTP_COOKIE];
    });
  }

  it('is the one that was kept, and one that is not held comes from the packet', () => {
    expect(
      built(
        [vars('a.example', 'a=1'), 0, 0],
        [vars('a.example', 'a=2'), 0b101, 0b101],
        [vars('a.example', 'a=3'), 0b101, 0],
        [vars('b.example', 'a=3'), 0b110, 0b010],
        [vars('c.example', 'a=3'), 0b110, 0],
      ),
    ).toEqual([
      ['a.example', 'a=1; b=2'],
      ['a.example', 'a=2; b=2'],
      ['a.example', 'a=3; b=2'],
      ['b.example', 'a=3; b=2'],
      ['c.example', 'a=3; b=2'],
    ]);
  });

  it('need not be in the text', () => {
    const builder = new EnvironBuilder(constants);
    const packet = vars('a.example', 'a=1');
    const build = (from: number, end: number, held: number, keep: number) => {
      const text = announce(builder, packet, 'all').slice(from, end);
      builder.facts.set([keep === 0 ? 0 : 1], Fact.fresh);
      builder.facts.set([held, keep, from], Fact.held);
      const { SERVER_NAME, HTTP_COOKIE } = builder.build(text, input, stub());
      return [SERVER_NAME, HTTP_COOKIE];
    };
    const all = build(0, 1000, 0b111, 0b111);
    const [begin, end] = [builder.places[6], builder.places[7]] as [number, number];
    expect(build(begin, end, 0b101, 0)).toEqual(all);
    expect(build(0, 0, 0b111, 0)).toEqual(all);
  });

  it('is held for a layout until that is given to other keys', () => {
    const builder = new EnvironBuilder(constants);
    const build = (packet: Var[], fresh: number, held: number) => {
      const text = announce(builder, packet, 'all');
      builder.facts.set([fresh], Fact.fresh);
      builder.facts.set([held, held], Fact.held);
      return builder.build(text, input, stub());
    };
    build([['A', '1']], 1, 0);
    build([['A', '1']], 0, 1);
    expect(build([['B', '2']], 1, 0)).toMatchObject({ B: '2' });
    expect(build([['B', '3']], 0, 1)).toMatchObject({ B: '3' });
  });
});

describe('the names of headers, for an adapter', () => {
  /** Of the second of two packets with these names: from the first they are learned. */
  function told(builder: EnvironBuilder, ...names: string[]): readonly string[] | undefined {
    const vars = ['QUERY_STRING', ...names].map((name): Var => [name, 'x']);
    builder.build(announce(builder, vars, 'prefix'), input, stub());
    const environ: LearnedEnviron = builder.build(announce(builder, vars, 'prefix'), input, stub());
    return environ[headerNamesOf];
  }

  it('are told of an environ that has no other vars behind its prefix', () => {
    expect(told(new EnvironBuilder(constants, true), 'HTTP_B', 'HTTP_A')).toEqual(['HTTP_B', 'HTTP_A']);
  });

  it.each([
    ['a var that is no header stands among them', true, 'OTHER'],
    ['one cannot be learned', true, `HTTP_${'X'.repeat(80)}`],
    ['one comes twice', true, 'HTTP_B'],
    ['nobody asks', false, 'HTTP_C'],
  ])('are not told where %s', (_, asked, name) => {
    expect(told(new EnvironBuilder(constants, asked), 'HTTP_B', name, 'HTTP_A')).toBeUndefined();
  });
});

describe('uwsgi.signal', () => {
  function observed() {
    const controller = new AbortController();
    let touched = 0;
    const request: SignalSource = {
      get signal() {
        touched++;
        return controller.signal;
      },
    };
    return { request, controller, touched: () => touched };
  }

  it.each(ways)('is made on first touch, of %s learned', (learned) => {
    const { request, controller, touched } = observed();
    const environ = build([['A', 'b']], learned, 0, request);
    Object.keys(environ);
    expect('uwsgi.signal' in environ).toBe(true);
    expect(touched()).toBe(0);
    expect(environ['uwsgi.signal']).toBe(controller.signal);
  });

  it('can be replaced and taken away again by middleware, for this request only', () => {
    const { request, controller } = observed();
    const [environ, other] = [build([['A', 'b']], 'all', 0, request), build([['A', 'b']], 'all', 0, request)];
    environ['uwsgi.signal'] = AbortSignal.abort();
    expect(environ['uwsgi.signal'].aborted).toBe(true);
    expect(Object.keys(environ)).toContain('uwsgi.signal');
    expect(other['uwsgi.signal']).toBe(controller.signal);
  });

  it('is enumerated with the other keys', () => {
    const keys: string[] = [];
    for (const key in build([['A', 'b']])) keys.push(key);
    expect(keys).toContain('uwsgi.signal');
  });
});

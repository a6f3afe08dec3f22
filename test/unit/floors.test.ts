/**
 * The floors of the house: imports and includes go down only, and between processes and threads there are walls. A new
 * folder has to be given its floor here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** From top to bottom. A room is a folder or a file of src/. Rooms of one floor do not see each other. */
const floors: string[][] = [
  ['entries', 'cli', 'index'],
  ['emperor', 'master', 'worker', 'thread'],
  ['adapters', 'http', 'static'],
  ['wsgi'],
  // What lies at the bottom is everybody's, its own neighbours' too.
  [
    'errors',
    'native',
    'native-scoreboard',
    'messages',
    'channel',
    'config',
    'log',
    'stats',
    'debugging',
    'package-root',
    'throttle',
    'last-call',
    'handshakes',
  ],
];
const bottom = floors.length - 1;

/** The calling convention knows a ResponseSink and nothing of the world: it serves every protocol. */
const onlyThese: Record<string, string[]> = { wsgi: ['wsgi', 'errors'] };

/** The doors to native code, and the few who load modules by name for other reasons. */
const requires: Record<string, RegExp> = {
  'native.ts': /uwsgi_node\.node/,
  'http/uws.ts': /uWebSockets\.js/,
  'thread/opentelemetry.ts': /@opentelemetry\/api/,
  'thread/app-loader.ts': /findPackage/,
  'config/version.ts': /package\.json/,
  'config/xml.ts': /saxes/,
  'config/yaml.ts': /yaml/,
};

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => ending.test(path))
    .sort();
}

interface Link {
  from: string;
  to: string;
}

/** Comments name other files freely. */
const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

function importsOf(file: string): string[] {
  const text = withoutComments(readFileSync(join(root, 'src', file), 'utf8'));
  const specifiers = text.matchAll(/\b(?:from|import|require)\s*\(?\s*(['"])([^'"]+)\1/g);
  return Array.from(specifiers, ([, , specifier]) => specifier!);
}

const sources = filesBelow('src', /\.ts$/);
const roomOf = (path: string) => path.replace(/[/.].*$/, '');
const floorOf = (room: string) => floors.findIndex((rooms) => rooms.includes(room));

const links: Link[] = sources.flatMap((from) =>
  importsOf(from)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({ from, to: relative('.', join(dirname(from), specifier)) })),
);

describe('src', () => {
  it('has a floor for every folder and file', () => {
    const rooms = new Set(sources.map(roomOf));
    expect([...rooms].filter((room) => floorOf(room) < 0)).toEqual([]);
  });

  it('imports go down only, and never across a wall', () => {
    const wrong = links.filter(({ from, to }) => {
      const [above, below] = [roomOf(from), roomOf(to)];
      if (above === below) return false;
      return floorOf(above) === bottom ? floorOf(below) !== bottom : floorOf(below) <= floorOf(above);
    });
    expect(wrong).toEqual([]);
  });

  it('no files import each other in a circle, not even for a type', () => {
    let left = links.map(({ from, to }) => ({ from, to: to.replace(/\.js$/, '.ts') }));
    for (let before = left.length + 1; left.length < before; ) {
      before = left.length;
      const importing = new Set(left.map(({ from }) => from));
      left = left.filter(({ to }) => importing.has(to));
    }
    expect(left).toEqual([]);
  });

  it('only what is allowed is imported by who must stay narrow', () => {
    const wrong = links.filter(({ from, to }) => {
      const allowed = onlyThese[roomOf(from)];
      return allowed !== undefined && !allowed.includes(roomOf(to));
    });
    expect(wrong).toEqual([]);
  });

  it('the readers see what there is', () => {
    expect(links.length).toBeGreaterThan(100);
    expect(links).toContainEqual({ from: 'thread/server.ts', to: 'wsgi/call.js' });
    expect(links).toContainEqual({ from: 'thread/server.ts', to: 'http/front.js' });
  });

  it('native code has two doors', () => {
    const requiring = sources.filter((file) =>
      /createRequire|process\.dlopen/.test(withoutComments(readFileSync(join(root, 'src', file), 'utf8'))),
    );
    expect(requiring).toEqual(Object.keys(requires).sort());
    for (const [file, what] of Object.entries(requires)) {
      expect(readFileSync(join(root, 'src', file), 'utf8')).toMatch(what);
    }
    const named = (pattern: RegExp) =>
      sources.filter((file) => importsOf(file).some((specifier) => pattern.test(specifier)));
    expect(named(/\.node$/)).toEqual([]);
    expect(named(/^uwebsockets(\.js)?$/i)).toEqual([]);
  });
});

describe('native', () => {
  const includes: Link[] = filesBelow('native', /\.(cc|h)$/).flatMap((from) => {
    const text = readFileSync(join(root, 'native', from), 'utf8');
    const lines = text.matchAll(/^\s*#\s*include\s*[<"]([^>"]+)[>"]/gm);
    return Array.from(lines, ([, to]) => ({ from, to: to! }));
  });

  it('core includes core, and no header of Node or libuv', () => {
    const foreign = /^(?:node|uv|napi|js_native_api|v8)|binding/;
    const core = includes.filter(({ from }) => from.startsWith('core/'));
    expect(core.length).toBeGreaterThan(30);
    expect(core.filter(({ to }) => foreign.test(to))).toEqual([]);
    const own = core.filter(({ to }) => /^native\//.test(to));
    expect(own.filter(({ to }) => !to.startsWith('native/core/'))).toEqual([]);
  });

  it('every file is included by its path from the root', () => {
    const own = /^(?:core|binding|protocol)\/|^\.\.?\//;
    expect(includes.filter(({ to }) => own.test(to))).toEqual([]);
  });

  it('protocols do no I/O', () => {
    const parsers = includes.filter(({ from }) => from.startsWith('core/protocol/'));
    expect(
      parsers.filter(({ to }) => /^sys\/|unistd|fcntl|^native\/core\/(?!bytes|protocol\/)/.test(to)),
    ).toEqual([]);
  });
});

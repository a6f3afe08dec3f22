/** What `module`, `wsgi-file` and `callable` find, and what is said when they find nothing. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';
import { bundleLoader, type Loaded, loadInChild } from './load-in-child.js';

const esm = (name: string, answer: string) => `export const ${name} = () => ${JSON.stringify(answer)};`;
const cjs = (name: string, answer: string) => `exports.${name} = () => ${JSON.stringify(answer)};`;
const noNativeTypes = !(process.features as { typescript?: unknown }).typescript;

/** Files by path; what `module` names, or `file:PATH`; and what must be found, or what must be said. */
type Row = [title: string, files: Record<string, string>, wanted: string, expected: string | RegExp];

const found: Row[] = [
  [
    'wsgi.js as an ES module',
    { 'wsgi.js': esm('application', 'a'), 'package.json': '{"type":"module"}' },
    'wsgi',
    'a',
  ],
  ['wsgi.js as a CommonJS module', { 'wsgi.js': cjs('application', 'a') }, 'wsgi', 'a'],
  ['wsgi.mjs', { 'wsgi.mjs': esm('application', 'a') }, 'wsgi', 'a'],
  ['wsgi.cjs', { 'wsgi.cjs': cjs('application', 'a') }, 'wsgi', 'a'],
  [
    '.js before .mjs',
    { 'wsgi.js': cjs('application', 'js'), 'wsgi.mjs': esm('application', 'mjs') },
    'wsgi',
    'js',
  ],
  [
    '.cjs before .ts: what was built',
    { 'wsgi.cjs': cjs('application', 'cjs'), 'wsgi.ts': '!' },
    'wsgi',
    'cjs',
  ],
  ['a file named with its ending', { 'wsgi.mjs': esm('application', 'a'), 'wsgi.js': '!' }, 'wsgi.mjs', 'a'],
  ['a callable after the colon', { 'wsgi.mjs': esm('app', 'a') }, 'wsgi:app', 'a'],
  ['an empty callable is the default', { 'wsgi.mjs': esm('application', 'a') }, 'wsgi:', 'a'],
  ['dotted names as folders', { 'site/web/wsgi.mjs': esm('application', 'a') }, 'site.web.wsgi', 'a'],
  [
    'a file with a dot before a folder',
    { 'my.app.mjs': esm('application', 'a'), 'my/app.mjs': '!' },
    'my.app',
    'a',
  ],
  ['a path', { 'site/web/wsgi.mjs': esm('application', 'a') }, './site/web/wsgi:application', 'a'],
  ['a path with dots in it', { 'v1.2/wsgi.mjs': esm('application', 'a') }, 'v1.2/wsgi', 'a'],
  ['a folder with an index', { 'site/index.mjs': esm('application', 'a') }, 'site', 'a'],
  ['a dotted folder with an index', { 'site/web/index.cjs': cjs('application', 'a') }, 'site.web', 'a'],
  [
    'a file before a folder of its name',
    { 'site.mjs': esm('application', 'a'), 'site/index.mjs': '!' },
    'site',
    'a',
  ],
  [
    'an ending before a file without one',
    { wsgi: '#!/bin/sh', 'wsgi.mjs': esm('application', 'a') },
    'wsgi',
    'a',
  ],
  ['a factory', { 'wsgi.mjs': 'export const make = () => () => "a";' }, 'wsgi:make()', 'a'],
  ['an async factory', { 'wsgi.mjs': 'export const make = async () => () => "a";' }, 'wsgi:make()', 'a'],
  ['a default export', { 'wsgi.mjs': 'export default () => "a";' }, 'wsgi', 'a'],
  ['module.exports', { 'wsgi.cjs': 'module.exports = () => "a";' }, 'wsgi', 'a'],
  ['a property of module.exports', { 'wsgi.cjs': 'module.exports = { app: () => "a" };' }, 'wsgi:app', 'a'],
  [
    'what module.exports gets by computation',
    { 'wsgi.cjs': 'module.exports["ap" + "p"] = () => "a";' },
    'wsgi:app',
    'a',
  ],
  ['a property of a default export', { 'wsgi.mjs': 'export default { app: () => "a" };' }, 'wsgi:app', 'a'],
  ['the default export by name', { 'wsgi.mjs': 'export default () => "a";' }, 'wsgi:default', 'a'],
  [
    'a named export before the default one',
    { 'wsgi.mjs': `${esm('application', 'a')} export default () => "b";` },
    'wsgi',
    'a',
  ],
  ['a module with top-level await', { 'wsgi.mjs': `await null; ${esm('application', 'a')}` }, 'wsgi', 'a'],
  ['a package', { 'node_modules/site/index.js': cjs('application', 'a') }, 'site', 'a'],
  [
    'a package by its main',
    {
      'node_modules/site/package.json': '{"main":"lib/x.js"}',
      'node_modules/site/lib/x.js': cjs('application', 'a'),
    },
    'site',
    'a',
  ],
  [
    'a package for ES modules only',
    {
      'node_modules/site/package.json':
        '{"type":"module","exports":{".":{"types":"./x.d.ts","import":"./x.js"}}}',
      'node_modules/site/x.js': esm('application', 'a'),
    },
    'site',
    'a',
  ],
  ['a package with a scope', { 'node_modules/@my/site/index.js': cjs('application', 'a') }, '@my/site', 'a'],
  ['a module of a package', { 'node_modules/site/wsgi.js': cjs('application', 'a') }, 'site/wsgi.js', 'a'],
  [
    'a file before a package',
    { 'site.mjs': esm('application', 'a'), 'node_modules/site/index.js': '!' },
    'site',
    'a',
  ],
  ['wsgi-file', { 'web.cjs': cjs('application', 'a') }, 'file:web.cjs', 'a'],
  ['wsgi-file in a folder', { 'a/b.mjs': esm('application', 'a') }, 'file:a/b.mjs', 'a'],
  [
    'the main module of the program',
    {
      'wsgi.cjs':
        'const found = [require.main === module, require.main.filename === __filename, process.argv[1] === __filename];' +
        'exports.application = () => found.concat(require("./other.cjs"));',
      'other.cjs': 'module.exports = [require.main.filename.endsWith("wsgi.cjs"), require.main === module];',
    },
    'wsgi',
    'true,true,true,true,false',
  ],
  [
    'the main module of the program, by its URL',
    {
      'wsgi.mjs':
        'import { pathToFileURL } from "node:url"; const isMain = import.meta.url === pathToFileURL(process.argv[1]).href;' +
        'export const application = () => isMain;',
    },
    'wsgi',
    'true',
  ],
  [
    'a function that is meant as a constructor',
    { 'wsgi.cjs': 'exports.application = function Shop() { return new.target ? this : "a"; };' },
    'wsgi',
    'a',
  ],
  [
    'a callable that is a class method',
    { 'wsgi.mjs': 'class A { static run() { return "a"; } } export const app = A.run;' },
    'wsgi:app',
    'a',
  ],
];

const refused: Row[] = [
  [
    'no such module',
    {},
    'wsgi',
    /there is no module wsgi: looked in .* for wsgi with \.js, \.mjs, \.cjs, \.ts, \.mts, \.cts,/,
  ],
  ['no such dotted module', { 'site/index.mjs': '' }, 'site.web', /there is no module site\.web/],
  ["one of Node's own modules", {}, 'url', /there is no module url/],
  ['a file without an ending', { wsgi: '' }, 'wsgi', /there is no module wsgi/],
  ['a folder without an index', { 'site/x.js': '' }, 'site', /there is no module site/],
  [
    'a package that cannot be entered',
    { 'node_modules/site/package.json': '{"exports":{"./x":"./x.js"}}' },
    'site',
    /there is no module site/,
  ],
  [
    'a server that never listens',
    { 'wsgi.mjs': esm('application', 'a') },
    'wsgi:listen(3000)',
    /wsgi\.mjs never called listen\(3000\) of an HTTP server/,
  ],
  [
    'a package without the file that it names',
    { 'node_modules/site/package.json': '{"exports":{"import":"./x.js"}}' },
    'site',
    /Cannot find module .*site\/x\.js/,
  ],
  ['no such wsgi-file', {}, 'file:web.js', /there is no file .*web\.js \(option wsgi-file\)/],
  ['a wsgi-file that is a folder', { 'web.js/x': '' }, 'file:web.js', /there is no file/],
  [
    'nothing exported',
    { 'wsgi.mjs': '' },
    'wsgi',
    /wsgi\.mjs does not export a function called application; it exports nothing\./,
  ],
  [
    'other exports',
    { 'wsgi.mjs': `${esm('helper', '')} export const port = 1;` },
    'wsgi',
    /it exports helper \(function\), port \(number\)\. Add exports\.application = application/,
  ],
  [
    'another name than asked for',
    { 'wsgi.mjs': 'export default () => "b";' },
    'wsgi:app',
    /does not export a function called app; it exports default \(function\)/,
  ],
  [
    'properties of module.exports',
    { 'wsgi.cjs': 'module.exports = { a: 1 }' },
    'wsgi',
    /it exports .*a \(number\)/,
  ],
  [
    'no function',
    { 'wsgi.mjs': 'export const application = {};' },
    'wsgi',
    /does not export a function called application; it exports application \(object\)/,
  ],
  [
    'a class',
    { 'wsgi.mjs': 'export class Shop { handle() {} } export { Shop as application };' },
    'wsgi',
    /^application of .*wsgi\.mjs is a class, which no request can call: export a function/,
  ],
  ['a default export that is a class', { 'wsgi.cjs': 'module.exports = class {}' }, 'wsgi', /is a class/],
  [
    'a class as a factory',
    { 'wsgi.mjs': 'export class Shop {}' },
    'wsgi:Shop()',
    /^Shop\(\) of .* is a class/,
  ],
  [
    'an instance',
    { 'wsgi.mjs': 'class Shop {} export const application = new Shop();' },
    'wsgi',
    /it exports application \(Shop\)/,
  ],
  [
    'a factory that is none',
    { 'wsgi.mjs': 'export const make = 1;' },
    'wsgi:make()',
    /does not export a function called make; it exports make \(number\)/,
  ],
  [
    'a factory that makes nothing',
    { 'wsgi.mjs': 'export const make = () => {};' },
    'wsgi:make()',
    /make\(\) of .*wsgi\.mjs returned undefined instead of an application/,
  ],
  [
    'a factory that throws',
    { 'wsgi.mjs': 'export const make = () => { throw new Error("no database"); };' },
    'wsgi:make()',
    /^no database$/,
  ],
  [
    'an addon of one thread',
    { 'wsgi.cjs': `throw new Error("Module did not self-register: '/srv/old.node'.");` },
    'wsgi',
    /loads the native addon \/srv\/old\.node, .* threads = 1 and more processes/,
  ],
  ['a module that throws', { 'wsgi.mjs': 'throw new Error("on purpose");' }, 'wsgi', /^on purpose$/],
  ['a module that is broken', { 'wsgi.mjs': 'export const = 1;' }, 'wsgi', /Unexpected token/],
  [
    'an import that is not there',
    { 'wsgi.mjs': 'import "./nowhere.js";' },
    'wsgi',
    /Cannot find module .*nowhere\.js/,
  ],
];

let folder: string;
let loader: string;
let results: Map<Row, Loaded>;

function load(rows: Row[], nodeOptions?: string[]): Map<Row, Loaded> {
  const loads = rows.map(([title, files, wanted]) => {
    const cwd = join(folder, title.replace(/\W/g, '-'));
    mkdirSync(cwd, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(cwd, path)), { recursive: true });
      writeFileSync(join(cwd, path), text);
    }
    const file = wanted.startsWith('file:') ? wanted.slice(5) : null;
    return {
      cwd,
      setting: {
        module: file === null ? wanted : null,
        file,
        callable: 'application',
        // Nothing is waited for that a module without exports may still start.
        interface: 'wsgi' as const,
      },
    };
  });
  const all = loadInChild(loader, loads, nodeOptions);
  return new Map(rows.map((row, i) => [row, all[i]!]));
}

beforeAll(async () => {
  [folder, loader] = await Promise.all([makeDirectory(), bundleLoader()]);
  results = load([...found, ...refused]);
}, 30_000);
afterAll(cleanUp);

describe('an application is found in', () => {
  it.each(found.map((row) => [row[0], row] as const))('%s', (_, row) => {
    expect(results.get(row)).toMatchObject({ answer: row[3] });
  });
});

describe('what is wrong is said:', () => {
  it.each(refused.map((row) => [row[0], row] as const))('%s', (_, row) => {
    expect(results.get(row)).toMatchObject({ message: expect.stringMatching(row[3]) });
  });
});

describe('TypeScript', () => {
  const rows = ['ts', 'mts', 'cts'].map((ending): Row => {
    const source =
      ending === 'cts' ? cjs('application', 'a') : 'export const application = (a: object): string => "a";';
    return [
      `wsgi.${ending}`,
      { [`wsgi.${ending}`]: source, 'package.json': '{"type":"module"}' },
      'wsgi',
      'a',
    ];
  });

  const refusal = {
    code: 'UWSGI_NO_TYPESCRIPT',
    message: expect.stringMatching(
      new RegExp(
        `wsgi\\.[mc]?ts is TypeScript, which this Node \\(${process.version}\\) does not run; Node 22\\.18`,
      ),
    ),
  };

  it('is run by a Node that strips types, and refused by others with the version that does', () => {
    for (const result of load(rows).values()) {
      expect(result).toMatchObject(noNativeTypes ? refusal : { answer: 'a' });
    }
  });

  it('is left to a loader that knows it', async () => {
    const hooks = join(folder, 'hooks.mjs');
    writeFileSync(
      hooks,
      `export async function load(url, context, next) {
        return /ts$/.test(url) ? { format: 'module', shortCircuit: true, source: 'export const application = () => "a"' } : next(url, context);
      }`,
    );
    const register = `data:text/javascript,import{register}from"node:module";register(${JSON.stringify(`file://${hooks}`)})`;
    for (const result of load(rows, ['--import', register]).values()) {
      expect(result).toMatchObject({ answer: 'a' });
    }
  });
});

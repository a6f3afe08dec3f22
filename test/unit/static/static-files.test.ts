/** Which file a request gets, and which none; how the response goes out is the integration's. */
import { mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultStaticSettings, type StaticSettings } from '../../../src/config/static-settings.js';
import { StaticFiles } from '../../../src/static/static-files.js';
import { callApplication } from '../../../src/wsgi/call.js';
import type { Environ } from '../../../src/wsgi/types.js';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';
import { FakeSink } from '../wsgi/fake-sink.js';

let root: string;
const changed = 'Thu, 26 Nov 2026 13:45:13 GMT';

beforeAll(async () => {
  root = await makeDirectory();
  const files = {
    'www/a.txt': 'hello',
    'www/empty': '',
    'www/page.php': 'source',
    'www/sub/index.html': 'index',
    'www/ü.txt': 'umlaut',
    'www/app.css': 'css',
    'www/app.css.gz': 'gzip',
    'www/%41.txt': 'percent',
    'www-old/a.txt': 'old',
    'safe/s.txt': 'safe',
    'secret/s.txt': 'secret',
    'whole/mount/a.txt': 'whole',
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
    utimesSync(path, new Date(changed), new Date(changed));
  }
  symlinkSync('../secret/s.txt', join(root, 'www/out.txt'));
  symlinkSync('../www-old', join(root, 'www/old'));
  symlinkSync('../safe/s.txt', join(root, 'www/safe.txt'));
  symlinkSync('page.php', join(root, 'www/page.txt'));
  symlinkSync('../secret/s.txt', join(root, 'www/leak.css.gz'));
  writeFileSync(join(root, 'www/leak.css'), 'css');
});
afterAll(cleanUp);

/** What is answered; null: it is the application's. */
function ask(settings: Partial<StaticSettings>, path: string, vars: Partial<Environ> = {}) {
  const environ = { REQUEST_METHOD: 'GET', PATH_INFO: path, REQUEST_URI: path, ...vars } as Environ;
  const answer = new StaticFiles({ ...defaultStaticSettings(), ...settings }).find(environ);
  if (answer === null) return null;
  const sink = new FakeSink();
  const errors: unknown[] = [];
  callApplication(answer, environ, sink, (error) => void errors.push(error));
  expect(errors).toEqual([]);
  return {
    code: sink.head!.code,
    headers: Object.fromEntries(sink.head!.headers),
    body: sink.body?.toString(),
  };
}

const at = (...names: string[]) => names.map((name) => join(root, name));
const body = (settings: Partial<StaticSettings>, path: string, vars?: Partial<Environ>) =>
  ask(settings, path, vars)?.body;
const map = (path: string, dir: string) => ({ path, dir: join(root, dir) });

describe('static-map', () => {
  const settings = () => ({
    maps: [map('/mount', 'www'), map('/file', 'www/a.txt')],
    skipExt: ['.php'],
    safe: at('safe'),
    index: ['nothing.html', 'index.html'],
  });

  it.each([
    ['/mount/a.txt', 'hello'],
    ['/mount//a.txt', 'hello'],
    ['/mount/./a.txt', 'hello'],
    ['/mount/sub', 'index'],
    ['/mount/sub/', 'index'],
    ['/mount/safe.txt', 'safe'],
    ['/mount/\xc3\xbc.txt', 'umlaut'],
    ['/mount/%41.txt', 'percent'],
    ['/file', 'hello'],
  ])('finds %j', (path, content) => {
    expect(body(settings(), path)).toBe(content);
  });

  it.each([
    '/mount',
    '/mount/nothing',
    '/mount/a.txt/',
    '/mount/a.txt/b',
    '/mounta.txt',
    '/mount-old/a.txt',
    '//mount/a.txt',
    '/file/',
    '/filex',
    '/file/a',
    '/mount/A.txt',
    '/mount/\xfc.txt',
    // Out of the folder, or around its links.
    '/mount/out.txt',
    '/mount/old/a.txt',
    '/mount/../secret/s.txt',
    '/mount/../www-old/a.txt',
    '/mount/sub/../a.txt',
    '/mount/..',
    '/mount/%2e%2e/secret/s.txt',
    '/mount\0/a.txt',
    '/mount/a.txt\0',
    '/mount/a.txt\0.png',
    // Programs stay programs, by whatever name.
    '/mount/page.php',
    '/mount/page.txt',
    `/mount/${'a'.repeat(300)}`,
    `/mount${'/a'.repeat(5000)}`,
    '',
  ])('leaves %j to the application', (path) => {
    expect(ask(settings(), path)).toBeNull();
  });

  it.each(['POST', 'PUT', 'OPTIONS', 'get', ''])('leaves %j to the application', (method) => {
    expect(ask(settings(), '/mount/a.txt', { REQUEST_METHOD: method })).toBeNull();
  });

  it('follows a folder that is a link to where it is led', () => {
    symlinkSync('www', join(root, 'current'));
    const files = new StaticFiles({ ...defaultStaticSettings(), maps: [map('', 'current')] });
    const find = () => {
      const sink = new FakeSink();
      const environ = { REQUEST_METHOD: 'GET', PATH_INFO: '/a.txt' } as Environ;
      callApplication(files.find(environ)!, environ, sink, () => undefined);
      return sink.body?.toString();
    };
    expect(find()).toBe('hello');
    symlinkSync('www-old', join(root, 'next'));
    renameSync(join(root, 'next'), join(root, 'current'));
    expect(find()).toBe('old');
  });
});

it('asks check-static, static-map, static-map2 and the document root, each as it reads paths', () => {
  const vars = { DOCUMENT_ROOT: join(root, 'www-old') };
  expect(body({ check: at('www'), maps: [map('', 'www-old')] }, '/a.txt')).toBe('hello');
  expect(body({ check: at('www') }, 'a.txt')).toBe('hello');
  expect(body({ maps: [map('/mount', 'www')], wholeMaps: [map('/mount', 'whole')] }, '/mount/a.txt')).toBe(
    'hello',
  );
  expect(body({ wholeMaps: [map('/mount', 'whole')] }, '/mount/a.txt')).toBe('whole');
  expect(body({ docroot: true }, '/a.txt', vars)).toBe('old');
  expect(body({ docroot: true }, '/a.txt', { DOCUMENT_ROOT: '' })).toBeUndefined();
});

describe('the response', () => {
  const settings = () => ({ check: at('www') });

  it('says what the file is', () => {
    expect(ask(settings(), '/a.txt')).toEqual({
      code: 200,
      headers: { 'Content-Type': 'text/plain', 'Content-Length': '5', 'Last-Modified': changed },
      body: 'hello',
    });
    expect(ask(settings(), '/a.txt', { REQUEST_METHOD: 'HEAD' })).toMatchObject({
      headers: { 'Content-Length': '5' },
      body: undefined,
    });
    expect(ask(settings(), '/empty')).toMatchObject({ headers: { 'Content-Length': '0' }, body: '' });
  });

  it('is 304 where the client has the file', () => {
    const answer = ask(settings(), '/a.txt', { HTTP_IF_MODIFIED_SINCE: changed });
    expect(answer).toEqual({ code: 304, headers: {}, body: undefined });
  });

  it('is a part with honour-range alone, and of GET', () => {
    const vars = { HTTP_RANGE: 'bytes=1-2' };
    const ranged = { ...settings(), honourRange: true };
    expect(ask(ranged, '/a.txt', vars)).toMatchObject({
      code: 206,
      headers: { 'Content-Length': '2', 'Content-Range': 'bytes 1-2/5' },
      body: 'el',
    });
    expect(ask(ranged, '/a.txt', { HTTP_RANGE: 'bytes=5-' })).toMatchObject({
      code: 416,
      headers: { 'Content-Range': 'bytes */5' },
      body: '',
    });
    expect(ask(ranged, '/a.txt', { ...vars, REQUEST_METHOD: 'HEAD' })?.code).toBe(200);
    expect(ask(settings(), '/a.txt', vars)?.code).toBe(200);
  });

  it('is the compressed file where the client takes it and the options have it', () => {
    const gzip = { all: false, patterns: [], endings: ['.css'], dirs: [] };
    const accepts = { HTTP_ACCEPT_ENCODING: 'gzip' };
    const zipped = { ...settings(), gzip };
    expect(ask(zipped, '/app.css', accepts)).toMatchObject({
      headers: { 'Content-Type': 'text/css', 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' },
      body: 'gzip',
    });
    expect(ask(zipped, '/app.css')).toMatchObject({ headers: { Vary: 'Accept-Encoding' }, body: 'css' });
    expect(body({ ...settings(), gzip: { ...gzip, all: true } }, '/a.txt', accepts)).toBe('hello');
    expect(
      body({ ...settings(), gzip: { ...gzip, endings: [], dirs: at('www') } }, '/app.css', accepts),
    ).toBe('gzip');
    expect(
      body({ ...settings(), gzip: { ...gzip, endings: [], patterns: ['app'] } }, '/app.css', accepts),
    ).toBe('gzip');
    // A link that leads out.
    expect(body(zipped, '/leak.css', accepts)).toBe('css');
  });

  it('expires by the first rule that matches', () => {
    const rule = (of: 'file' | 'type' | 'uri' | 'path-info', pattern: string, seconds: number) => ({
      of,
      pattern,
      seconds,
      fromChange: true,
    });
    const expires = [
      rule('type', 'text/css', 4),
      rule('uri', '^/a', 3),
      rule('path-info', 'a\\.txt$', 2),
      rule('file', '/www/sub/', 1),
    ];
    const after = (path: string) => {
      const value = ask({ ...settings(), expires }, path)?.headers.Expires;
      return value === undefined ? null : (Date.parse(value) - Date.parse(changed)) / 1000;
    };
    expect(['/sub/index.html', '/a.txt', '/app.css', '/empty'].map(after)).toEqual([1, 2, 3, null]);
  });

  it('leaves the file to the front server with file-serve-mode', () => {
    expect(ask({ ...settings(), serveMode: 'X-Accel-Redirect' }, '/%41.txt')).toEqual({
      code: 200,
      headers: {
        'Content-Type': 'text/plain',
        'X-Accel-Redirect': `${join(root, 'www')}/%2541.txt`,
        'Last-Modified': changed,
        'Content-Length': '0',
      },
      body: '',
    });
  });
});

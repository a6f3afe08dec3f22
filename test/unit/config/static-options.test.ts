import { resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const space = new Workspace();
afterAll(() => space.remove());

const files = (...argv: string[]) => space.run(argv).settings.staticFiles;
const codes = (...argv: string[]) => space.codes(['--http-socket', ':0', '--need-app=false', ...argv]);

it('names folders from where the server starts', () => {
  const [map] = files('--static-map', '/media/=media/').maps;
  expect(map).toEqual({ path: '/media', dir: resolve(space.folder, 'media') });
  expect(files('--static-map2', '/=/srv/a=b').wholeMaps).toEqual([{ path: '', dir: '/srv/a=b' }]);
});

it('warns of a folder that is not there', () => {
  const { warnings } = space.run([
    '--static-map',
    '/a=nowhere',
    '--check-static',
    '/',
    '--static-safe',
    '/nowhere',
  ]);
  expect(warnings.filter((text) => text.includes('there is no /'))).toHaveLength(2);
});

it('takes times behind a type or a pattern', () => {
  const { expires } = files(
    ...['--static-expires-type', 'text/css=60', '--static-expires-uri-mtime', '^/a b\\.js$ 5'],
  );
  expect(expires).toEqual([
    { of: 'type', pattern: 'text/css', seconds: 60, fromChange: false },
    { of: 'uri', pattern: '^/a b\\.js$', seconds: 5, fromChange: true },
  ]);
});

it('knows who sends files', () => {
  expect(files('--file-serve-mode', 'nginx').serveMode).toBe('X-Accel-Redirect');
  expect(files('--fileserve-mode', 'X-Sendfile').serveMode).toBe('X-Sendfile');
});

it('warns of a table that is not there', () => {
  expect(space.run(['--mimefile', '/nothing/there']).warnings.join()).toContain(
    '/nothing/there cannot be read',
  );
});

it.each([
  ['static-map', '/mount', 'INVALID_STATIC_MAP'],
  ['static-map', 'mount=/srv', 'INVALID_STATIC_MAP'],
  ['static-expires', 'abc', 'INVALID_EXPIRES'],
  ['static-expires', 'abc soon', 'INVALID_EXPIRES'],
  ['static-expires-type', 'text/css', 'INVALID_EXPIRES'],
  ['static-expires', '[ 3', 'INVALID_PATTERN'],
  ['static-gzip', '[', 'INVALID_PATTERN'],
  ['file-serve-mode', 'pigeon', 'INVALID_CHOICE'],
])('refuses %s = %s', (name, value, code) => {
  expect(codes(`--${name}`, value)).toEqual([code]);
});

import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const space = new Workspace();
beforeAll(() => {
  space.file('parts/a.txt', 'one', ' two ', '', `${'x'.repeat(1030)}`);
  space.file('parts/b.txt');
  space.file('parts/sub/c.txt');
  space.file('parts/.hidden');
});
afterAll(() => space.remove());

/** What the lines between `opening` and its end become. */
function block(opening: string, body: string[] = ['x = %(_)'], env: NodeJS.ProcessEnv = {}): string[] {
  space.file('block.ini', '[uwsgi]', 'given = 4', opening, ...body, 'end-if = ');
  return space.shown(['--ini', 'block.ini'], env).slice(2, -1);
}

describe('loops', () => {
  it.each([
    ['for = a b  c', ['x = a', 'x = b', 'x = c']],
    ['for = ', []],
    ['for-times = 3', ['x = 1', 'x = 2', 'x = 3']],
    ['for-times = none', []],
    ['for-glob = parts/*.txt', ['x = parts/a.txt', 'x = parts/b.txt']],
    ['for-glob = parts/*', ['x = parts/a.txt', 'x = parts/b.txt', 'x = parts/sub/']],
    ['for-glob = parts/.h*', ['x = parts/.hidden']],
    ['for-glob = */[!a].txt', ['x = parts/b.txt']],
    ['for-glob = parts/[z-a].txt', ['x = parts/[z-a].txt']],
    ['for-glob = nowhere/*', ['x = nowhere/*']],
  ])('%s', (opening, expected) => {
    expect(block(opening)).toEqual(expected);
  });

  it('for-readline, in pieces of 1023 characters', () => {
    const lines = block('for-readline = parts/a.txt');
    expect(lines).toEqual(['x = one', 'x =  two ', 'x = ', `x = ${'x'.repeat(1023)}`, 'x = xxxxxxx']);
  });

  it('repeat each line by itself', () => {
    expect(block('for = a b', ['x = %(_)%(_)', 'y = z'])).toEqual(['x = aa', 'x = bb', 'y = z', 'y = z']);
  });

  it('refuse what they cannot read, once', () => {
    space.file('bad.ini', '[uwsgi]', 'for-readline = nowhere', 'a = 1', 'b = 2', 'endfor =');
    expect(space.mistakes(['--ini', 'bad.ini'])).toEqual([
      'bad.ini:2: for-readline = nowhere: nowhere cannot be read: no such file or directory',
    ]);
  });
});

describe('conditions', () => {
  const env = { PORT: '80', EMPTY: '' };

  it.each([
    ['if-env = PORT', ['x = 80']],
    ['if-env = PORT=80', ['x = 80']],
    ['if-env = PORT=81', []],
    ['if-env = EMPTY', ['x = ']],
    ['if-env = NOT_THERE', []],
    ['ifenv = PORT', ['x = 80']],
    ['if-not-env = NOT_THERE', ['x = %(_)']],
    ['if-not-env = PORT', []],
    ['if-not-env = PORT=81', ['x = 80']],
    ['if-opt = given', ['x = 4']],
    ['if-opt = given=4', ['x = 4']],
    ['if-opt = given=5', []],
    ['if-opt = later', []],
    ['if-not-opt = later', ['x = %(_)']],
    ['if-not-opt = given=5', ['x = 4']],
    ['if-exists = parts', ['x = parts']],
    ['if-exists = nowhere', []],
    ['if-not-exists = nowhere', ['x = nowhere']],
    ['if-file = parts', []],
    ['if-file = parts/a.txt', ['x = parts/a.txt']],
    ['if-not-file = parts', ['x = parts']],
    ['if-dir = parts', ['x = parts']],
    ['if-directory = parts/a.txt', []],
    ['if-not-dir = parts/a.txt', ['x = parts/a.txt']],
    ['if-hostname = no-such-host', []],
    [`if-hostname = ${hostname()}`, [`x = ${hostname()}`]],
    ['if-not-hostname = no-such-host', ['x = no-such-host']],
    ['if-hostname-match = ^.+$', ['x = ^.+$']],
    ['if-not-hostname-match = ^$', ['x = ^$']],
    ['if-plugin = python3', []],
    ['if-not-plugin = python3', ['x = python3']],
    ['if-reload =', []],
    ['if-not-reload =', ['x = %(_)']],
  ])('%s', (opening, expected) => {
    expect(block(opening, undefined, env)).toEqual(expected);
  });

  it('if-plugin, after a plugins line', () => {
    space.file('plugins.ini', '[uwsgi]', 'plugins = python3,http', 'if-plugin = http', 'x = %(_)', 'endif =');
    expect(space.shown(['--ini', 'plugins.ini'])).toContain('x = http');
  });

  it('if-reload, in a reload', () => {
    expect(block('if-reload =', ['x = 1'], { UWSGI_RELOADS: '0' })).toEqual(['x = 1']);
  });

  it('refuse a pattern that is none', () => {
    space.file('bad.ini', '[uwsgi]', 'if-hostname-match = (', 'a = 1', 'endif =');
    expect(space.codes(['--ini', 'bad.ini'])).toEqual(['INVALID_PATTERN']);
  });
});

describe('blocks', () => {
  it('cannot be nested, unless the outer one drops the inner one', () => {
    space.file('nested.ini', '[uwsgi]', 'if-env = PORT', 'if-env = PORT', 'a = 1', 'endif =');
    expect(space.codes(['--ini', 'nested.ini'], { PORT: '80' })).toEqual(['NESTED_LOGIC']);
    expect(space.run(['--ini', 'nested.ini']).warnings).toEqual([]);
  });

  it('are warned about when they are never ended', () => {
    space.file('open.ini', '[uwsgi]', 'if-env = NOT_THERE', 'processes = 4');
    expect(space.run(['--ini', 'open.ini'])).toMatchObject({
      settings: { processes: 1 },
      warnings: [
        'open.ini:2: if-env = NOT_THERE: if-env is never ended, so it holds for all that follows; add endif =',
      ],
    });
  });

  it('hold for the files in them, which cannot end them', () => {
    space.file('inner.ini', '[uwsgi]', 'inner = %(_)', 'endfor =');
    space.file('outer.ini', '[uwsgi]', 'for = a b', 'include = inner.ini', 'after = %(_)', 'endfor =');
    expect(space.shown(['--ini', 'outer.ini']).filter((line) => /inner =|after =/.test(line))).toEqual([
      'inner = %(_)',
      'inner = %(_)',
      'after = a',
      'after = b',
    ]);
  });
});

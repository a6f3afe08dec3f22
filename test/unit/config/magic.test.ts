import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MagicTable, type Swallowed } from '../../../src/config/magic.js';
import { packageVersion } from '../../../src/config/version.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'uwsgi-node-magic-')));
mkdirSync(join(folder, 'sub'));
for (const name of ['app.ini', 'sub/more.conf.ini', 'plain']) writeFileSync(join(folder, name), '');
symlinkSync('app.ini', join(folder, 'link.ini'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A table that has entered the files, of which each stays open. */
function table(...files: string[]): MagicTable {
  const made = new MagicTable(folder);
  for (const file of files) made.enter(file, file, null, true);
  return made;
}

const substitute = (text: string, ...files: string[]) => table(...files).substitute(text, []);

function swallowed(text: string): Swallowed[] {
  const found: Swallowed[] = [];
  table('app.ini').substitute(text, found);
  return found;
}

describe('magic variables', () => {
  it('are those of the file', () => {
    const text = '%o|%p|%s|%d|%c|%e|%n|[%x]';
    const name = folder.split('/').at(-1);
    expect(substitute(text, 'app.ini')).toBe(
      `app.ini|${folder}/app.ini|app.ini|${folder}/|${name}|ini|app|[]`,
    );
    expect(substitute(text, 'sub/more.conf.ini')).toBe(
      `sub/more.conf.ini|${folder}/sub/more.conf.ini|more.conf.ini|${folder}/sub/|sub|ini|more.conf|[]`,
    );
    expect(substitute('%n [%e]', 'plain')).toBe('plain []');
    expect(substitute('%n %s', 'link.ini')).toBe('link link.ini');
  });

  it('are those of the first file in upper case', () => {
    expect(substitute('%N %n', 'app.ini', 'sub/more.conf.ini')).toBe('app more.conf');
  });

  it('are those of the machine', () => {
    expect(substitute('%v|%h|%u|%U|%V|%[')).toBe(
      `${folder}|${hostname()}|${process.getuid?.()}|${userInfo().username}|${packageVersion()}|\u001b`,
    );
    expect(Number(substitute('%k'))).toBeGreaterThan(0);
    expect(Math.abs(Number(substitute('%t')) - Date.now() / 1000)).toBeLessThan(5);
    expect(Number(substitute('%T')) / Number(substitute('%t'))).toBeGreaterThan(999_000);
  });

  it('are the parts of the path', () => {
    const parts = join(folder, 'sub').split('/').filter(Boolean);
    expect(substitute('%0 %1 %9', 'sub/more.conf.ini')).toBe(`${parts[0]} ${parts[1]} ${parts[9] ?? ''}`);
  });

  it.each([
    ['%%', '%'],
    ['%%%%', '%%'],
    ['%%%n', '%app'],
    ['%%n', '%n'],
    ['%(name)', '%(name)'],
    ['%%(name)', '%(name)'],
    ['100%', '100%'],
    ['nothing', 'nothing'],
  ])('read %s as %s', (text, expected) => {
    expect(substitute(text, 'app.ini')).toBe(expected);
  });

  it('vanish when they mean nothing, which is told with the line', () => {
    expect(substitute('%Y-%m-%d', 'plain')).toBe(`--${folder}/`);
    expect(swallowed('a\n%Y\nb = 5%\nc\n%d %q')).toEqual([
      { character: 'Y', line: 2 },
      { character: '\n', line: 3 },
      { character: 'q', line: 5 },
    ]);
  });

  it('of the first file mean nothing as long as there is none', () => {
    const bare = new MagicTable(folder);
    bare.enter('app.ini', 'app.ini', null, false);
    expect(bare.substitute('%n[%N]', [])).toBe('app[]');
  });

  it('need the file to be there', () => {
    expect(() => table('none.ini')).toThrow('ENOENT');
  });
});

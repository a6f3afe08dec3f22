import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../../src/config/load.js';
import { allOptions, findOption } from '../../../src/config/options.js';
import { renderOptionsPage, renderSchema } from '../../../src/config/reference.js';

/** Both files are written by this test with `-u`; without it the test fails when they are stale. */
const docs = (name: string) => new URL(`../../../docs/${name}`, import.meta.url).pathname;

describe('docs/options.md', () => {
  it('is what the option table says', async () => {
    await expect(renderOptionsPage()).toMatchFileSnapshot(docs('options.md'));
  });

  it('has a row for every option', () => {
    const page = renderOptionsPage();
    for (const { name } of allOptions()) expect(page).toContain(`| \`${name}\``);
  });
});

describe('docs/uwsgi-node.schema.json', () => {
  it('is what the option table says', async () => {
    await expect(renderSchema()).toMatchFileSnapshot(docs('uwsgi-node.schema.json'));
  });

  it('describes every name with its type', () => {
    const { properties } = JSON.parse(renderSchema()).properties.uwsgi;
    expect(properties.processes).toEqual({
      description: 'worker processes; auto: as many as there are processors. Default: 1.',
      type: ['integer', 'string'],
    });
    expect(properties.workers.description).toContain('The same as processes.');
    expect(properties.socket.anyOf).toHaveLength(2);
    expect(properties.venv).toMatchObject({ deprecated: true });
    expect(Object.keys(properties).filter((name) => !findOption(name))).toEqual([]);
  });
});

describe('the hand-written pages', () => {
  it.each(['configuration.md', 'from-uwsgi.md'])('name only options that there are: %s', (page) => {
    const names = blocks(page, 'ini').flatMap((block) =>
      [...block.matchAll(/^([a-z][a-z0-9-]*) *=/gm)].map(([, key]) => key!),
    );
    // What their examples define, and the typo that is corrected in the text.
    const own = new Set(['project', 'base', 'site', 'vacum']);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !findOption(name) && !own.has(name))).toEqual([]);
  });

  it('say of each option what the table says', () => {
    const kinds: Record<string, string[]> = {
      same: ['works'],
      different: ['works'],
      'no effect': ['no-effect'],
      dangerous: ['dangerous'],
      absent: ['not-yet'],
    };
    const rows = [...page('from-uwsgi.md').matchAll(/^\| ((?:`[a-z0-9-]+` ?)+)\| (\w[\w ]*) \|/gm)];
    expect(rows.length).toBeGreaterThanOrEqual(30);
    for (const [, names, verdict] of rows) {
      for (const [, name] of names!.matchAll(/`([a-z0-9-]+)`/g)) {
        expect(kinds[verdict!], name).toContain(findOption(name!)?.state.kind);
      }
    }
  });

  it('show what --check really says of the file that moves', () => {
    const [before, after] = blocks('from-uwsgi.md', 'ini');
    const folder = mkdtempSync(join(tmpdir(), 'uwsgi-node-docs-'));
    const check = (text: string) => {
      writeFileSync(join(folder, 'shop.ini'), text);
      return loadConfiguration(['--ini', 'shop.ini', '--check'], {}, folder);
    };
    const told = blocks('from-uwsgi.md', 'text')[0]!.replaceAll(/^ +/gm, '').trim();
    expect(() => check(before!)).toThrow(new RegExp(`^${told.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
    expect(check(after!)).toMatchObject({
      text: expect.stringMatching(/getting INI.*\nthe configuration is valid\n$/),
    });
    rmSync(folder, { recursive: true });
  });
});

const page = (name: string) => readFileSync(docs(name), 'utf8');

/** The code blocks of a page in one language. */
function blocks(name: string, language: string): string[] {
  return [...page(name).matchAll(new RegExp(`^ *\`\`\`${language}\\n(.*?)^ *\`\`\``, 'gms'))].map(
    ([, block]) => block!,
  );
}

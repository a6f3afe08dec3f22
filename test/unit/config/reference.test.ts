import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findOption, options } from '../../../src/config/options.js';
import { renderOptionsPage, renderSchema } from '../../../src/config/reference.js';

/** Both files are written by this test with `-u`; without it the test fails when they are stale. */
const docs = (name: string) => new URL(`../../../docs/${name}`, import.meta.url).pathname;

describe('docs/options.md', () => {
  it('is what the option table says', async () => {
    await expect(renderOptionsPage()).toMatchFileSnapshot(docs('options.md'));
  });

  it('has a row for every option', () => {
    const page = renderOptionsPage();
    for (const { name } of options) expect(page).toContain(`| \`${name}\``);
  });
});

describe('docs/uwsgi-node.schema.json', () => {
  it('is what the option table says', async () => {
    await expect(renderSchema()).toMatchFileSnapshot(docs('uwsgi-node.schema.json'));
  });

  it('describes every name with its type', () => {
    const { properties } = JSON.parse(renderSchema()).properties.uwsgi;
    expect(properties.processes).toEqual({
      description: 'worker processes. Default: 1.',
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
    const text = readFileSync(docs(page), 'utf8');
    const code = [...text.matchAll(/^```ini\n(.*?)^```/gms)].map(([, block]) => block).join('\n');
    const keys = [...code.matchAll(/^([a-z][a-z0-9-]*) *=/gm)].map(([, key]) => key!);
    const own = new Set(['project', 'base', 'cores', 'name', 'value', 'site', 'end']);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !findOption(key) && !own.has(key))).toEqual([]);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { groups } from '../../../src/config/option.js';
import {
  allOptions,
  findOption,
  findShortOption,
  nearestOption,
  optionNames,
} from '../../../src/config/options.js';

const uwsgi = readFileSync(new URL('../../config/uwsgi-names.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t') as [name: string, kind: string, short: string, flags: string]);

/** Where the table takes more than uWSGI does. */
const kindsOnPurpose = new Map([
  ['help', 'a topic may follow'],
  ['usage', 'a topic may follow'],
]);

const kinds = { none: 'N', required: 'R', optional: 'O' } as const;

describe('the option table', () => {
  it('knows every name of uWSGI', () => {
    expect(uwsgi.length).toBeGreaterThan(970);
    expect(uwsgi.filter(([name]) => !findOption(name)).map(([name]) => name)).toEqual([]);
  });

  it('has the kind, the short flag and the moment of action that uWSGI has', () => {
    const differences = uwsgi.filter(([name, kind, short, flags]) => {
      const option = findOption(name)!;
      const same =
        (kindsOnPurpose.has(name) || kinds[option.argument] === kind) &&
        (option.short ?? '-') === short &&
        option.immediate === flags.includes('I') &&
        option.impliesMaster === flags.includes('M');
      return !same;
    });
    expect(differences).toEqual([]);
  });

  it('has every name once', () => {
    const names = allOptions().flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect([...optionNames()]).toEqual(names);
  });

  it('says of each option what it does, in one line without a full stop', () => {
    for (const { name, help, state, group, metavar, argument } of allOptions()) {
      expect(help, name).toMatch(/^.+[^.]$/);
      expect(Object.keys(groups), name).toContain(group);
      expect(metavar === '' ? argument !== 'required' : true, name).toBe(true);
      if (state.kind === 'no-effect' || state.kind === 'dangerous')
        expect(state.because, name).toMatch(/[^.]$/);
    }
  });

  it('gives a short flag to the first of those that share it', () => {
    expect(findShortOption('s')?.name).toBe('socket');
    expect(findShortOption('H')?.name).toBe('home');
    expect(findShortOption('?')).toBeUndefined();
  });

  it.each([
    ['vacum', 'vacuum'],
    ['proccesses', 'processes'],
    ['enable-thread', 'enable-threads'],
    ['harakri', 'harakiri'],
    ['mdoule', 'module'],
  ])('finds what %s should have been', (typo, meant) => {
    expect(nearestOption(typo)).toBe(meant);
  });

  it('finds nothing near a name of its own', () => {
    expect(nearestOption('my-own-variable')).toBeNull();
  });
});

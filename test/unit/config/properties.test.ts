/**
 * What must hold for any configuration: it is read, or refused with a coded error, in bounded time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readArguments } from '../../../src/config/argv.js';
import { parseIni } from '../../../src/config/ini.js';
import { loadConfiguration } from '../../../src/config/load.js';
import { optionNames } from '../../../src/config/options.js';
import { ConfigurationError } from '../../../src/errors/configuration.js';
import { iniFile, partFile } from '../../config/arbitrary-ini.js';

const folder = mkdtempSync(join(tmpdir(), 'uwsgi-node-properties-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
write('part.ini', partFile);

/** The text that is printed, the settings, or the codes of what was refused; any other error is a failure. */
function load(...argv: string[]): unknown {
  try {
    return loadConfiguration(argv, { HOME: '/home/demo', EMPTY: '' }, folder);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const problem of error.problems) expect(problem.code).toMatch(/^[A-Z0-9_]+$/);
    return error.problems.map(({ code }) => code);
  }
}

const show = (...argv: string[]) => (load(...argv, '--show-config') as { text?: string }).text ?? '';

/** Seconds of this process's own time: far above what anything here takes, far below what a loop without an end would. */
const BOUND = 10;

function timed(action: () => unknown): unknown {
  const before = process.cpuUsage();
  const result = action();
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(BOUND);
  return result;
}

vi.setConfig({ testTimeout: 60_000 });

describe('any file', () => {
  it('is read or refused with codes', () => {
    fc.assert(
      fc.property(iniFile, fc.constantFrom('--ini', '--check', '--show-config'), (text, option) => {
        write('random.ini', text);
        timed(() => load(option, '--ini', 'random.ini'));
      }),
    );
  });

  it.each(['yaml', 'json', 'xml', 'ini'])('may hold any text as %s', (format) => {
    const piece = fc.constantFrom(
      'uwsgi',
      ':',
      '{',
      '}',
      '[',
      ']',
      '"',
      '<',
      '>',
      '/',
      '&a',
      '*a',
      '- ',
      '\n',
      ' ',
      '%',
      '=',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (each) => {
        write(`random.${format}`, each);
        timed(() => load(`--${format}`, `random.${format}`));
      }),
      { numRuns: 300 },
    );
  });
});

describe('any command line', () => {
  it('is read or refused with codes', () => {
    const known = fc.constantFrom(...optionNames()).filter((name) => !/^(exit|resolve)$/.test(name));
    const word = fc.oneof(
      known.map((name) => `--${name}`),
      fc.tuple(known, fc.string({ maxLength: 8 })).map(([name, value]) => `--${name}=${value}`),
      fc.string({ maxLength: 5 }).map((text) => `-${text}`),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      // A lone dash is standard input.
      fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
        fc.pre(!argv.some((each) => /^-$|=-$|=fd:/.test(each)));
        const items = [...readArguments(argv)];
        fc.pre(!items.some((item) => item.kind === 'option' && item.value === '-'));
        timed(() => load(...argv));
      }),
      { numRuns: 500 },
    );
  });
});

describe('lines', () => {
  const key = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  const value = fc.stringMatching(/^([!-~]([ -~]{0,10}[!-~])?)?$/);

  it('keep their order and their repeats', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value)), (pairs) => {
        const text = ['[uwsgi]', ...pairs.map(([name, each]) => `${name} = ${each}`)].join('\n');
        expect(parseIni(text, 'uwsgi').lines.map((line) => [line.key, line.value])).toEqual(pairs);
      }),
    );
  });

  it('mean the same when what was shown is read again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { minLength: 1 }), (pairs) => {
        const own = pairs.map(([name, each]) => `x-${name} = ${each.replaceAll(/[$@%]/g, '')}`);
        write('once.ini', ['[uwsgi]', ...own, ''].join('\n'));
        const once = show('--ini', 'once.ini');
        write('once.ini', once.replace('ini = once.ini\n', '').replace('show-config = true\n', ''));
        expect(show('--ini', 'once.ini')).toBe(once);
      }),
    );
  });
});

describe('what never ends in uWSGI ends here', () => {
  const section = (...lines: string[]) => ['[uwsgi]', ...lines, ''].join('\n');

  it.each([
    ['a placeholder of itself', section('a = x%(a)'), ['ENDLESS_EXPANSION']],
    ['placeholders in a circle', section('a = x%(b)', 'b = y%(c)', 'c = z%(a)'), ['ENDLESS_EXPANSION']],
    ['a file that includes itself', section('include = loop.ini'), ['CIRCLE']],
    ['a file that names itself', section('ini = loop.ini', 'ini = :uwsgi'), ['CIRCLE']],
    ['a file that inherits itself', section('inherit = loop.ini', 'a = 1'), ['CIRCLE']],
    ['a loop over millions', section('for-times = 99999999', 'a = 1', 'endfor ='), ['OUT_OF_RANGE']],
    [
      'loops that multiply',
      section('for-times = 90000', 'include = many.ini', 'endfor ='),
      ['TOO_MANY_LINES'],
    ],
  ])('%s', (_name, text, codes) => {
    write('many.ini', section(...Array.from({ length: 1000 }, (_, index) => `a${index} = 1`)));
    write('loop.ini', text);
    const found = timed(() => load('--ini', 'loop.ini', '--need-app=false', '--http-socket', ':0'));
    expect(found).toEqual(expect.arrayContaining(codes));
  });

  it('aliases that multiply', () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? ' l0: &l0 [a, a, a, a]'
        : ` l${level}: &l${level} [${Array(10)
            .fill(`*l${level - 1}`)
            .join(', ')}]`,
    );
    write('bomb.yaml', ['uwsgi:', ...levels, ''].join('\n'));
    expect(timed(() => load('--yaml', 'bomb.yaml'))).toEqual(['TOO_MANY_LINES']);
  });

  it.each(['yaml', 'json', 'xml'])('%s that is nested a hundred thousand deep', (format) => {
    const deep = { yaml: '['.repeat(100_000), json: '['.repeat(100_000), xml: '<a>'.repeat(100_000) }[
      format
    ]!;
    write(`deep.${format}`, format === 'yaml' ? `uwsgi:\n a: ${deep}` : deep);
    expect(timed(() => load(`--${format}`, `deep.${format}`))).toEqual(['INVALID_SYNTAX']);
  });
});

describe('a line of four megabytes', () => {
  const long = 4 * 1024 * 1024;

  it.each([
    ['is only long', 'a'.repeat(long)],
    ['is full of references', '%(b)'.repeat(long / 4)],
    ['is full of undefined references', 'x%(nothing)'.repeat(long / 11)],
    ['never closes a reference', `%(${'a'.repeat(long)}`],
    ['opens references and closes none', '%('.repeat(long / 2)],
    ['is full of percent signs', '%'.repeat(long)],
    ['looks like comments', ' ;'.repeat(long / 2)],
    ['is full of blanks', `a${' '.repeat(long)}b`],
  ])('that %s', (_name, value) => {
    write('long.ini', `[uwsgi]\nb = 1\nname = ${value}\nadd-header = ${value}\nprocesses = ${value}\n`);
    timed(() => load('--ini', 'long.ini'));
  });
});

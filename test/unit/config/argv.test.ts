import { describe, expect, it } from 'vitest';
import { readArguments } from '../../../src/config/argv.js';

const items = (argv: string[]) => [...readArguments(argv)];
const options = (...argv: string[]) =>
  items(argv).flatMap((item) => (item.kind === 'option' ? [[item.key, item.value]] : []));
const bare = (...argv: string[]) => items(argv).flatMap((item) => (item.kind === 'bare' ? [item.word] : []));
const problems = (...argv: string[]) =>
  items(argv).flatMap((item) => (item.kind === 'problem' ? [item.problem] : []));

describe('the command line', () => {
  it.each([
    ['a value as the next word', ['--processes', '4'], ['processes', '4']],
    ['a value after an equals sign', ['--processes=4'], ['processes', '4']],
    ['a value that has an equals sign itself', ['--env', 'A=b=c'], ['env', 'A=b=c']],
    ['an empty value', ['--chdir='], ['chdir', '']],
    ['a value that looks like an option', ['--socket', '--master'], ['socket', '--master']],
    ['an alias under its own name', ['--workers', '4'], ['workers', '4']],
    ['a short flag', ['-p', '4'], ['processes', '4']],
    ['a short flag with its value attached', ['-p4'], ['processes', '4']],
    ['an option without a value', ['--master'], ['master', null]],
    ['an unambiguous prefix', ['--process', '4'], ['processes', '4']],
    ['a prefix that several names of one option share', ['--need-plug', 'x'], ['need-plugins', 'x']],
    ['an exact name that is the start of others', ['--http', ':80'], ['http', ':80']],
    ['an optional value only after an equals sign', ['--chmod-socket=664'], ['chmod-socket', '664']],
  ])('takes %s', (_name, argv, expected) => {
    expect(options(...argv)).toEqual([expected]);
  });

  it('takes bundled short flags, of which the last may have a value', () => {
    expect(options('-MTp4', '-s', 'a.sock')).toEqual([
      ['master', null],
      ['enable-threads', null],
      ['processes', '4'],
      ['socket', 'a.sock'],
    ]);
  });

  it('leaves the word after an optional value alone', () => {
    expect(options('-C', 'x.ini')).toEqual([['chmod-socket', null]]);
    expect(bare('-C', 'x.ini')).toEqual(['x.ini']);
  });

  it('keeps repeats and their order, and gathers bare words from anywhere', () => {
    const argv = ['a.ini', '-s', 'one', 'wsgi.js', '-s', 'two', '--', '--three'];
    expect(options(...argv).map(([, value]) => value)).toEqual(['one', 'two']);
    expect(bare(...argv)).toEqual(['a.ini', 'wsgi.js', '--three']);
  });

  it('ignores words in brackets, as the process title may fill them', () => {
    expect(bare('[app]')).toEqual([]);
  });

  it.each([
    ['an unknown option', ['--mastr'], 'UNKNOWN_OPTION'],
    ['an unknown short flag', ['-?'], 'UNKNOWN_OPTION'],
    ['an ambiguous prefix', ['--ht', 'x'], 'AMBIGUOUS_OPTION'],
    ['a missing value', ['--socket'], 'MISSING_ARGUMENT'],
  ])('refuses %s', (_name, argv, code) => {
    expect(problems(...argv).map((problem) => problem.code)).toEqual([code]);
  });

  it('names the nearest option', () => {
    expect(problems('--mastr')[0]?.message).toContain('did you mean --master?');
  });
});

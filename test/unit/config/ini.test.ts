import { describe, expect, it } from 'vitest';
import { parseIni } from '../../../src/config/ini.js';

const lines = (text: string, section = 'uwsgi') =>
  parseIni(text, section).lines.map(({ key, value, line }) => [key, value, line]);

describe('an ini file', () => {
  it('is read line by line, with blanks dropped around key and value', () => {
    expect(lines('[uwsgi]\n\ta\t = \t b c \r\n\nb=\nc')).toEqual([
      ['a', 'b c', 2],
      ['b', '', 4],
      ['c', '', 5],
    ]);
  });

  it.each([
    ['a whole line', '; comment\n# comment\n  ; comment', []],
    ['never behind a value', 'a = b ; c # d', [['a', 'b ; c # d', 2]]],
  ])('has comments as %s', (_name, text, expected) => {
    expect(lines(`[uwsgi]\n${text}`)).toEqual(expected);
  });

  it.each([
    ['splits at the first equals sign', 'a = b = c', ['a', 'b = c', 2]],
    ['keeps quotes', 'a = "b"', ['a', '"b"', 2]],
    ['keeps backslashes', 'a = b \\', ['a', 'b \\', 2]],
    ['takes an empty key', '= b', ['', 'b', 2]],
    ['takes form feeds for text', 'a =\fb\f', ['a', '\fb\f', 2]],
  ])('%s', (_name, text, expected) => {
    expect(lines(`[uwsgi]\n${text}`)).toEqual([expected]);
  });

  it('reads one section, in all its parts', () => {
    const text = 'a = 0\n[uwsgi]\na = 1\n[other]\na = 2\n[uwsgi]\na = 3';
    expect(lines(text).map(([, value]) => value)).toEqual(['1', '3']);
    expect(lines(text, 'other').map(([, value]) => value)).toEqual(['2']);
  });

  it('drops the last character of a section line, whatever it is', () => {
    expect(lines('[uwsgi] ; mine\na = 1')).toEqual([]);
    expect(lines('[uwsgi] ; mine\na = 1', 'uwsgi] ; min')).toHaveLength(1);
    expect(lines('[uwsgix\na = 1')).toHaveLength(1);
  });

  it('says whether the section is there', () => {
    expect(parseIni('[uwsgi]\na = 1', 'uwsgi').found).toBe(true);
    expect(parseIni('[uwsgi]\n; nothing\n', 'uwsgi').found).toBe(true);
    expect(parseIni('a = 1\n[other]\n', 'uwsgi').found).toBe(false);
  });
});

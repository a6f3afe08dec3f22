import { describe, expect, it } from 'vitest';
import { formatOf } from '../../../src/config/formats.js';
import { parseJson } from '../../../src/config/json.js';
import { FormatError } from '../../../src/config/parsed-section.js';
import { parseXml } from '../../../src/config/xml.js';
import { parseYaml } from '../../../src/config/yaml.js';

type Parsed = { lines: { key: string; value: string; line: number }[] };
const plain = ({ lines }: Parsed) => lines.map(({ key, value, line }) => [key, value, line]);

function refusal(parse: () => unknown): { code: string; line: number | null } {
  try {
    parse();
  } catch (error) {
    if (error instanceof FormatError) return { code: error.problem.code, line: error.line };
    throw error;
  }
  throw new Error('expected a FormatError');
}

describe('JSON', () => {
  it('keeps repeats, the text of numbers, and the line of every value', () => {
    const text =
      '{\n "uwsgi": {\n  "a": "x",\n  "a": 1.50,\n  "b": [true,\n   null], "c": "\\u00fc\\""\n }\n}';
    expect(plain(parseJson(text, 'uwsgi'))).toEqual([
      ['a', 'x', 3],
      ['a', '1.50', 4],
      ['b', '1', 5],
      ['b', '0', 6],
      ['c', 'ü"', 6],
    ]);
  });

  it('leaves deeper values out', () => {
    const text = '{"uwsgi": {"a": {"b": "c", "d": ["e"]}, "f": [["g"], {"h": 1}, "i"], "uwsgi": {"j": 1}}}';
    expect(plain(parseJson(text, 'uwsgi'))).toEqual([['f', 'i', 1]]);
  });

  it('reads the first object of the section', () => {
    const text = '{"name": "uwsgi", "uwsgi": {"a": 1}, "prod": {"b": 2}, "uwsgi": {"c": 3}}';
    expect(plain(parseJson(text, 'uwsgi'))).toEqual([['a', '1', 1]]);
    expect(plain(parseJson(text, 'prod'))).toEqual([['b', '2', 1]]);
  });

  it('allows comments, but none in strings', () => {
    const text = '{ // "uwsgi": 1\n"uwsgi": /* {\n */ {"a": "// no"}}';
    expect(plain(parseJson(text, 'uwsgi'))).toEqual([['a', '// no', 3]]);
  });

  it.each([
    ['a syntax error, with its line', '{\n "uwsgi": {\n "a": 1,\n }}', { code: 'INVALID_SYNTAX', line: 4 }],
    ['no such section', '{"other": {}}', { code: 'MISSING_OBJECT', line: null }],
    ['a section that is no object', '{"uwsgi": ["a"]}', { code: 'MISSING_OBJECT', line: null }],
    ['text that is no object', '"uwsgi"', { code: 'MISSING_OBJECT', line: null }],
  ])('refuses %s', (_name, text, expected) => {
    expect(refusal(() => parseJson(text, 'uwsgi'))).toEqual(expected);
  });
});

describe('YAML', () => {
  it('takes scalars as they are written, and repeats the key of a sequence', () => {
    const text =
      'uwsgi:\n  a: true\n  b: 010\n  c: ~\n  d: "x # y" # z\n  e: :8080\n  f:\n    - 1\n    - 2\n  g: [3, 4]';
    expect(plain(parseYaml(text, 'uwsgi'))).toEqual([
      ['a', 'true', 2],
      ['b', '010', 3],
      ['c', '~', 4],
      ['d', 'x # y', 5],
      ['e', ':8080', 6],
      ['f', '1', 8],
      ['f', '2', 9],
      ['g', '3', 10],
      ['g', '4', 10],
    ]);
  });

  it('reads nested mappings as if they were none, and follows aliases', () => {
    const text = 'base: &base\n  a: 1\nuwsgi:\n  <<: *base\n  b:\n    c: 2\n  d: &d x\n  e: *d';
    expect(plain(parseYaml(text, 'uwsgi')).map(([key, value]) => `${key}=${value}`)).toEqual([
      'a=1',
      'c=2',
      'd=x',
      'e=x',
    ]);
  });

  it('reads another section, and finds nothing in one that is not there', () => {
    expect(plain(parseYaml('uwsgi: {a: 1}\nprod: {b: 2}', 'prod'))).toEqual([['b', '2', 2]]);
    expect(parseYaml('a: 1', 'uwsgi')).toEqual({ lines: [], found: false });
    expect(parseYaml('', 'uwsgi').found).toBe(false);
  });

  it('leaves a key without a value out, and tells', () => {
    expect(parseYaml('uwsgi:\n  a:\n  b: ""', 'uwsgi')).toMatchObject({
      lines: [{ key: 'b', value: '' }],
      valueless: [{ key: 'a', line: 2 }],
    });
  });

  it('refuses what is no YAML, with its line', () => {
    expect(refusal(() => parseYaml('uwsgi:\n  a: b: c', 'uwsgi'))).toEqual({
      code: 'INVALID_SYNTAX',
      line: 2,
    });
  });
});

describe('XML', () => {
  it('takes the text of an element up to its first child, blanks included', () => {
    const text =
      '<uwsgi>\n<a>1</a>\n<b/><c></c><d> x </d><e>x<f/>y</e><g>&lt;&#65;</g><h><![CDATA[<]]></h>\n</uwsgi>';
    expect(plain(parseXml(text, null))).toEqual([
      ['a', '1', 2],
      ['b', '1', 3],
      ['c', '1', 3],
      ['d', ' x ', 3],
      ['e', 'x', 3],
      ['g', '<A', 3],
      ['h', '<', 3],
    ]);
  });

  const several =
    '<all><uwsgi id="a"><x>1</x></uwsgi><uwsgi id="b"><x>2</x><y id="a">3</y><z id="b">4</z></uwsgi></all>';

  it('reads the first section, or the one of an id, whose options may have no other', () => {
    expect(plain(parseXml(several, null))).toEqual([['x', '1', 1]]);
    expect(plain(parseXml(several, 'b'))).toEqual([
      ['x', '2', 1],
      ['z', '4', 1],
    ]);
  });

  it('reads mounted applications as uWSGI used to write them', () => {
    const text =
      '<uwsgi><app>a</app><app mountpoint="/b"><script>b</script></app><app domain="c">d</app><app/></uwsgi>';
    const { lines } = parseXml(text, null);
    expect(lines.filter(({ key }) => key === 'mount').map(({ value }) => value)).toEqual([
      'a',
      '/b=b',
      'c|=d',
    ]);
    expect(lines.filter(({ key }) => key === 'app').every(({ isMarker }) => isMarker)).toBe(true);
  });

  it.each([
    ['a syntax error, with its line', '<uwsgi>\n<a>1</uwsgi>', null, { code: 'INVALID_SYNTAX', line: 2 }],
    ['a document without the element', '<all><a/></all>', null, { code: 'MISSING_ELEMENT', line: null }],
    ['an id that is not there', several, 'c', { code: 'MISSING_ELEMENT', line: null }],
    ['nothing', '', null, { code: 'INVALID_SYNTAX', line: 1 }],
  ])('refuses %s', (_name, text, id, expected) => {
    expect(refusal(() => parseXml(text, id))).toEqual(expected);
  });
});

describe('the format of a file', () => {
  it.each([
    ['a.ini', 'ini'],
    ['a.yml', 'yaml'],
    ['a.yaml', 'yaml'],
    ['a.json', 'json'],
    ['a.js', 'json'],
    ['a.xml', 'xml'],
    ['a.ini:section', null],
    ['a.conf', null],
  ])('of %s is %s', (name, format) => {
    expect(formatOf(name)).toBe(format);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const space = new Workspace();
afterAll(() => space.remove());

describe('files', () => {
  it('are announced as uWSGI does, but not once more for another section', () => {
    space.file('a.ini', '[uwsgi]', 'ini = :more', '[more]', 'x = 1');
    space.file('b.yaml', 'uwsgi: {y: 1}');
    space.file('c.json', '{"uwsgi": {"z": 1}}');
    space.file('d.xml', '<uwsgi><w/></uwsgi>');
    const { announcements } = space.run(['--ini', 'a.ini', '--yaml', 'b.yaml', '--json', 'c.json', 'd.xml']);
    expect(announcements).toEqual([
      '[uWSGI] getting INI configuration from a.ini',
      '[uWSGI] getting YAML configuration from b.yaml',
      '[uWSGI] getting JSON configuration from c.json',
      '[uWSGI] parsing config file d.xml',
    ]);
  });

  it('have sections in every format', () => {
    space.file('s.json', '{"uwsgi": {}, "prod": {"processes": 2}}');
    space.file('s.xml', '<all><uwsgi id="prod"><threads>3</threads></uwsgi></all>');
    space.file('s.yaml', 'prod: {vacuum: true}');
    const { settings } = space.run(['--json', 's.json:prod', '--xml', 's.xml:prod', '--yaml', 's.yaml:prod']);
    expect(settings).toMatchObject({ processes: 2, threads: 3, vacuum: true });
    expect(space.shown(['--json', 's.json:prod'])).toEqual(['processes = 2']);
  });

  it('are read by their ending with include, config and as bare words', () => {
    space.file('e.yml', 'uwsgi: {processes: 2}');
    space.file('e.js', '{"uwsgi": {"threads": 3}}');
    expect(space.run(['--include', 'e.yml', '--config', 'e.js']).settings).toMatchObject({
      processes: 2,
      threads: 3,
    });
    expect(space.run(['e.yml', 'e.js']).settings).toMatchObject({ processes: 2, threads: 3 });
    expect(space.codes(['--include', 'e.conf'])).toEqual(['UNKNOWN_FORMAT']);
  });

  it('that end in .js are applications, unless they hold JSON', () => {
    space.file('app.js', 'export function application() {}');
    expect(space.run(['app.js']).settings.app.file).toBe('app.js');
    expect(space.run(['not-there.js']).settings.app.file).toBe('not-there.js');
  });

  it('give their place to mistakes, in all formats', () => {
    space.file('m.yaml', 'uwsgi:', '  master: true', '  threads: many');
    space.file('m.json', '{"uwsgi": {', '  "processes": "few"', '}}');
    space.file('m.xml', '<uwsgi>', '', '<listen>long</listen></uwsgi>');
    expect(space.mistakes(['m.yaml', 'm.json', 'm.xml'])).toEqual([
      expect.stringContaining('m.yaml:3: threads = many: '),
      expect.stringContaining('m.json:2: processes = few: '),
      expect.stringContaining('m.xml:3: listen = long: '),
    ]);
  });

  it('that cannot be parsed are refused with their line', () => {
    space.file('p.yaml', 'uwsgi:', '  a: b: c');
    expect(space.mistakes(['--yaml', 'p.yaml'])[0]).toMatch(/^p\.yaml:2: this is not YAML: /);
  });

  it('without the section are warned about', () => {
    space.file('n.ini', '[other]', 'a = 1');
    expect(space.run(['--ini', 'n.ini', '--ini', 'n.ini:prod']).warnings).toEqual([
      'n.ini: there is no section [uwsgi] in n.ini; nothing was read from it',
      'n.ini: there is no section [prod] in n.ini; nothing was read from it',
    ]);
  });

  it('are told when they are not UTF-8', () => {
    writeFileSync(
      join(space.folder, 'latin.ini'),
      Buffer.from('[uwsgi]\nset = name=Gr\xfc\xdfe\n', 'latin1'),
    );
    expect(space.shown(['--ini', 'latin.ini'])).toContain('name = Grüße');
    expect(space.run(['--ini', 'latin.ini']).warnings[0]).toContain('is not UTF-8');
  });

  it('are told of a % that swallows something', () => {
    space.file('w.ini', '[uwsgi]', 'a-format = %Y', 'b-format = 50%', 'c-format = x');
    const { warnings } = space.run(['--ini', 'w.ini']);
    expect(warnings[0]).toMatch(/^w\.ini:2: %Y stands for nothing here and vanishes/);
    expect(warnings[1]).toMatch(/^w\.ini:3: a % at the end of a line swallows the line break/);
  });

  it('can have text injected around them', () => {
    space.file('before.txt', '[uwsgi]', 'a = 1');
    space.file('after.txt', 'c = 3');
    space.file('i.ini', 'b = 2');
    expect(
      space
        .shown(['--inject-before', 'before.txt', '--inject-after', 'after.txt', '--ini', 'i.ini'])
        .slice(2),
    ).toEqual(['a = 1', 'b = 2', 'c = 3']);
  });

  it('that inherit are read last, as they are written', () => {
    space.file('template.ini', '[uwsgi]', 'threads = 3', 'env = A=%(name)');
    space.file('i.ini', '[uwsgi]', 'inherit = template.ini', 'threads = 2', 'name = x');
    expect(space.run(['--ini', 'i.ini']).settings).toMatchObject({
      threads: 3,
      environment: { A: '%(name)' },
    });
  });
});

describe('other sources', () => {
  it('are commands and files by scheme', () => {
    space.file('f.ini', '[uwsgi]', 'processes = 2');
    expect(space.run(['--ini', 'exec://cat f.ini']).settings.processes).toBe(2);
    expect(space.run(['--ini', 'file://f.ini']).settings.processes).toBe(2);
    expect(space.run(['--env', 'A=@(exec://echo 5)']).settings.environment).toEqual({ A: '5' });
  });

  it.each([
    ['http://127.0.0.1/x.ini', 'REMOTE_CONFIGURATION'],
    ['https://example.com/x.ini', 'REMOTE_CONFIGURATION'],
    ['sym://config', 'UNKNOWN_SCHEME'],
    ['exec://exit 3', 'UNREADABLE_FILE'],
    ['fd://x', 'UNREADABLE_FILE'],
    ['fd://999', 'UNREADABLE_FILE'],
    ['.', 'UNREADABLE_FILE'],
  ])('like %s are refused', (name, code) => {
    expect(space.codes(['--ini', name])).toEqual([code]);
    expect(space.codes(['--env', `A=@(${name})`])).toEqual([code]);
  });
});

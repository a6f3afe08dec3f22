import { afterAll, describe, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const space = new Workspace();
afterAll(() => space.remove());

/** The lines that an ini section with these lines is shown as. */
function shown(...lines: string[]): string[] {
  space.file('x.ini', '[uwsgi]', ...lines);
  return space.shown(['--ini', 'x.ini']);
}

function codes(...lines: string[]): string[] {
  space.file('x.ini', '[uwsgi]', ...lines);
  return space.codes(['--ini', 'x.ini']);
}

function run(...lines: string[]) {
  space.file('x.ini', '[uwsgi]', ...lines);
  return space.run(['--ini', 'x.ini']);
}

describe('set', () => {
  it('sets options and variables, and is expanded', () => {
    expect(shown('set = a=1', 'set = processes=%(a)')).toEqual([
      'set = a=1',
      'a = 1',
      'set = processes=%(a)',
      'processes = 1',
    ]);
    expect(run('set = processes=3').settings.processes).toBe(3);
  });

  it('sets placeholders that are not expanded themselves', () => {
    expect(shown('set-ph = a=%(b)', 'b = 1', 'c = x%(a)')).toEqual([
      'set-ph = a=%(b)',
      'a = %(b)',
      'b = 1',
      'c = x1',
    ]);
  });

  it('is no unknown option, under strict neither', () => {
    expect(run('strict = true', 'set = own=1', 'set-placeholder = other=2').warnings).toEqual([]);
  });

  it('refuses what is no assignment, and options as placeholders', () => {
    expect(codes('set = a')).toEqual(['INVALID_VARIABLE']);
    expect(codes('set-ph = processes=1')).toEqual(['PLACEHOLDER_IS_OPTION']);
  });
});

describe('declare-option', () => {
  it('makes an option of others', () => {
    const { settings, warnings } = run('declare-option = site=http-socket=:$1;env=SITE=$2', 'site = 81 shop');
    expect(settings.sockets.map(({ address }) => address)).toEqual([':0', ':81']);
    expect(settings.environment).toEqual({ SITE: 'shop' });
    expect(warnings).toEqual([]);
  });

  it('leaves missing arguments as they are, and stops at a part without a value', () => {
    const { settings } = run('declare-option = two=env=A=$1-$2;broken;env=B=1', 'two = x');
    expect(settings.environment).toEqual({ A: 'x-$2' });
  });

  it('makes flags for the command line, at once', () => {
    const declare = ['--declare-option', 'plain=env=A=1', '--declare-option', 'with=env=B=$1'];
    expect(space.run([...declare, '--plain', '--with', '2']).settings.environment).toEqual({
      A: '1',
      B: '2',
    });
    expect(space.codes([...declare, '--with'])).toEqual(['MISSING_ARGUMENT']);
  });

  it('does not take the place of an option', () => {
    expect(run('declare-option = processes=threads=7', 'processes = 2').settings).toMatchObject({
      processes: 2,
      threads: 1,
    });
  });
});

describe('blacklist and whitelist', () => {
  it('bound the lines between them', () => {
    expect(codes('blacklist = Socket uid', 'socket = a', 'end-blacklist =')).toEqual(['FORBIDDEN_OPTION']);
    expect(codes('whitelist = threads', 'processes = 2')).toEqual(['FORBIDDEN_OPTION']);
    const allowed = ['whitelist = threads end-whitelist', 'threads = 2', 'end-whitelist =', 'processes = 2'];
    expect(run(...allowed).settings).toMatchObject({ processes: 2, threads: 2 });
  });
});

describe('environment folders', () => {
  it('set what their files hold', () => {
    space.file('vars/A', 'first  ', 'second', '');
    space.file('vars/EMPTY');
    space.file('vars/.hidden', 'x');
    space.file('vars/folder/B', 'x');
    const { settings } = run('envdir = vars', 'unenv = GONE', 'env = C=1');
    expect(settings.environment).toEqual({ A: 'first  \nsecond', EMPTY: null, GONE: null, C: '1' });
    expect(shown('early-envdir = vars', 'a = $(A)').slice(-2)).toEqual(['a = first  ', 'second']);
    expect(run('early-envdir = vars').settings.environment).toMatchObject({ EMPTY: null });
  });

  it('have to be there', () => {
    expect(codes('envdir = nowhere')).toEqual(['UNREADABLE_FILE']);
    expect(codes('early-envdir = nowhere')).toContain('UNREADABLE_FILE');
  });
});

describe('lines that print', () => {
  it('are announced', () => {
    const { announcements } = run('iprint = at once', 'name = shop', 'print = %(name)');
    expect(announcements).toEqual(['[uWSGI] getting INI configuration from x.ini', 'at once', 'shop']);
  });

  it('end the program with exit', () => {
    space.file('x.ini', '[uwsgi]', 'iprint = bye', 'exit = 3', 'processes = none');
    const expected = { text: '[uWSGI] getting INI configuration from x.ini\nbye\n', exitCode: 3 };
    expect(space.load(['--ini', 'x.ini'])).toMatchObject(expected);
    expect(space.load(['--exit'])).toMatchObject({ text: '', exitCode: 1 });
  });

  it('print single values with get', () => {
    space.file('x.ini', '[uwsgi]', 'name = shop', 'socket = %(name).sock');
    expect(space.text(['--ini', 'x.ini', '--get', 'socket', '--get', 'nothing'])).toBe('shop.sock\n');
  });
});

describe('resolve', () => {
  it('finds an IPv4 address', () => {
    expect(shown('resolve = ip=localhost', 'a = %(ip)').at(-1)).toBe('a = 127.0.0.1');
  });

  it('refuses what has none', () => {
    expect(codes('resolve = ip=no-such-host.invalid')).toEqual(['UNRESOLVED_HOST']);
  });
});

/** The built command with configurations it prints, refuses, or reads from standard input. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CLI } from '../support/server.js';

const folder = mkdtempSync(join(tmpdir(), 'uwsgi-node-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

function command(args: string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: folder,
    input,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

describe('the command', () => {
  it('reads a configuration from standard input', () => {
    const { status, stdout } = command(
      ['--ini', '-', '--show-config'],
      '[uwsgi]\nname = x\nsocket = %(name).sock\n',
    );
    expect(status).toBe(0);
    expect(stdout).toContain(
      '\nini = -\nname = x\nsocket = x.sock\nshow-config = true\n;end of configuration\n',
    );
  });

  it('reads a section from standard input', () => {
    expect(command(['--ini', '-:prod', '--get', 'a'], '[uwsgi]\na = 1\n[prod]\na = 2\n').stdout).toBe('2\n');
  });

  it('checks a configuration without starting it', () => {
    const good = '[uwsgi]\nsocket = app.sock\nwsgi-file = app.js\nvacum = true\n';
    const { status, stdout } = command(['--ini', '-', '--check'], good);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^\[uWSGI\] getting INI configuration from -\n-:4: vacum = true: .*\nthe configuration is valid\n$/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['a mistake in a file', ['--ini', '-'], '[uwsgi]\nsocket = app.sock\nprocesses = x\nthreads = y\n', 2],
    ['an unknown option', ['--sokcet', 'app.sock'], '', 1],
    ['a file that is not there', ['--ini', 'none.ini'], '', 1],
  ])('refuses %s with exit code 1 and starts nothing', (_name, args, input, mistakes) => {
    const { status, stdout, stderr } = command(args, input);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.split('\n').filter((line) => line.startsWith('uwsgi-node: '))).toHaveLength(mistakes);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('reads the environment', () => {
    writeFileSync(join(folder, 'e.ini'), '[uwsgi]\nname = x\n');
    const env = { ...process.env, UWSGI_INI: 'e.ini', UWSGI_SHOW_CONFIG: '1' };
    const { stdout } = spawnSync(process.execPath, [CLI], {
      cwd: folder,
      env,
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(stdout).toMatch(
      /\n\[uwsgi\]\n(ini = e\.ini\nname = x\nshow-config = 1|show-config = 1\nini = e\.ini\nname = x)\n;end/,
    );
    rmSync(join(folder, 'e.ini'));
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removePidfiles, signalInstance, writePidfile } from '../../../src/master/pidfile.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'uwsgi-node-'));
  path = join(folder, 'pid');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a pid file', () => {
  it('is written and removed', () => {
    expect(writePidfile('pidfile', path)).toBe(`writing pidfile to ${path}`);
    expect(readFileSync(path, 'latin1')).toBe(`${process.pid}\n`);
    expect(removePidfiles([path])).toEqual(['VACUUM: pidfile removed.']);
    expect(existsSync(path)).toBe(false);
  });

  it('is named when it cannot be written', () => {
    const missing = join(folder, 'missing', 'pid');
    expect(() => writePidfile('pidfile2', missing)).toThrow(
      `pidfile2 = ${missing}: cannot write the pid file`,
    );
  });

  it('stays when another instance has taken it over, and when it has gone already', () => {
    writeFileSync(path, '1\n');
    expect(removePidfiles([path, join(folder, 'gone')])).toEqual([
      expect.stringContaining('holds another pid'),
      expect.stringContaining('ENOENT'),
    ]);
    expect(existsSync(path)).toBe(true);
  });
});

describe('signalInstance', () => {
  it.each(['', 'word', '-1', '0', '12 13', '123456789'])('refuses a file that holds %j', (text) => {
    writeFileSync(path, text);
    expect(() => signalInstance('reload', path, 'SIGHUP')).toThrow('there is no pid in this file');
  });

  it('says when the process has ended', () => {
    const { pid } = spawnSync('true');
    writeFileSync(path, `${pid}\n`);
    expect(() => signalInstance('stop', path, 'SIGINT')).toThrow(
      `--stop ${path}: the process whose pid it holds has ended`,
    );
  });
});

import { existsSync, fstatSync, mkdirSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogFile } from '../../../src/log/log-file.js';
import { backupName } from '../../../src/log/rotation.js';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';

let folder: string;
beforeAll(async () => {
  folder = await makeDirectory();
});
afterAll(cleanUp);

/** Writes through the descriptor it is given, before it is closed. */
function redirecting(text: string) {
  const onto: number[] = [];
  return {
    onto,
    redirectFd: (fd: number, target: number) => {
      onto.push(target);
      if (target === 2) writeSync(fd, text);
      expect(fstatSync(fd).isFile()).toBe(true);
    },
  };
}

const open = (path: string, text: string) => new LogFile('logto', path, [1, 2], redirecting(text)).open();

describe('LogFile', () => {
  it('is behind its descriptors', () => {
    const native = redirecting('one\n');
    new LogFile('logto', join(folder, 'a.log'), [1, 2], native).open();
    expect(native.onto).toEqual([1, 2]);
    expect(statSync(join(folder, 'a.log')).mode & 0o777).toBe(0o640 & ~process.umask());
  });

  it('appends, or begins anew', () => {
    const path = join(folder, 'b.log');
    writeFileSync(path, 'before\n');
    open(path, 'after\n');
    expect(readFileSync(path, 'utf8')).toBe('before\nafter\n');
    new LogFile('logto', path, [1, 2], redirecting('new\n')).open(true);
    expect(readFileSync(path, 'utf8')).toBe('new\n');
  });

  it('has the permissions it should have', () => {
    const path = join(folder, 'mode.log');
    new LogFile('logto', path, [], redirecting(''), 0o604).open();
    expect(statSync(path).mode & 0o777).toBe(0o604);
  });

  it('gets another name, and a new one takes its place', () => {
    const path = join(folder, 'rotated.log');
    const file = new LogFile('logto', path, [1, 2], redirecting('line\n'));
    file.open();
    expect(file.size).toBe(5);
    const names = [file.rotate(null), file.rotate(null), file.rotate(`${path}.old`)];
    expect(new Set(names).size).toBe(3);
    for (const name of [...names, path]) expect(readFileSync(name, 'utf8')).toBe('line\n');
    expect(names[0]).toMatch(/rotated\.log\.\d{10}$/);
    expect(existsSync(`${path}.old`)).toBe(true);
  });

  it('says which option, which file and why when it cannot', () => {
    const path = join(folder, 'folder');
    mkdirSync(path);
    expect(() => new LogFile('logto2', path, [1, 2], redirecting('')).open()).toThrow(
      `logto2 = ${path}: cannot write the log there: EISDIR`,
    );
    expect(() => new LogFile('logto', join(folder, 'none', 'x'), [], redirecting('')).rotate(null)).toThrow(
      expect.objectContaining({ code: 'UWSGI_LOG_FILE' }),
    );
  });

  it('refuses a UDP address instead of making a file of that name', () => {
    expect(() => open('127.0.0.1:514', '')).toThrow(expect.objectContaining({ code: 'UWSGI_LOG_OVER_UDP' }));
  });
});

it('a name for an old log is never one that is taken', () => {
  const path = join(folder, 'taken.log');
  writeFileSync(`${path}.1759924800`, '');
  writeFileSync(`${path}.1759924800.1`, '');
  expect(backupName(path, null, 1_759_924_800_500)).toBe(`${path}.1759924800.2`);
});

import { fstatSync, mkdirSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logToFile } from '../../../src/log/log-file.js';
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

describe('logToFile', () => {
  it('puts the file onto stdout and stderr', () => {
    const native = redirecting('one\n');
    logToFile('logto', join(folder, 'a.log'), native);
    expect(native.onto).toEqual([1, 2]);
    expect(statSync(join(folder, 'a.log')).mode & 0o777).toBe(0o640 & ~process.umask());
  });

  it('appends', () => {
    const path = join(folder, 'b.log');
    writeFileSync(path, 'before\n');
    logToFile('logto', path, redirecting('after\n'));
    expect(readFileSync(path, 'utf8')).toBe('before\nafter\n');
  });

  it('says which option, which file and why when it cannot', () => {
    const path = join(folder, 'folder');
    mkdirSync(path);
    expect(() => logToFile('logto2', path, redirecting(''))).toThrow(
      `logto2 = ${path}: cannot write the log there: EISDIR`,
    );
  });

  it('refuses a UDP address instead of making a file of that name', () => {
    expect(() => logToFile('logto', '127.0.0.1:514', redirecting(''))).toThrow(
      expect.objectContaining({ code: 'UWSGI_LOG_OVER_UDP' }),
    );
  });
});

import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MasterFifo } from '../../../src/master/fifo.js';

let folder: string;
let fifo: MasterFifo | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'uwsgi-node-'));
});
afterEach(() => {
  fifo?.close();
  rmSync(folder, { recursive: true });
});

const maker = {
  makeFifo(path: string): void {
    if (spawnSync('mkfifo', ['-m', '600', path]).status !== 0) throw new Error('ENOENT');
  },
};
const never = (error: Error) => {
  throw error;
};

it('hears letters from whichever fifo is chosen, and nothing else', async () => {
  const paths = ['a', 'b', 'c'].map((name) => join(folder, name));
  const seen: string[] = [];
  const letters = { r: () => seen.push('r'), q: () => seen.push('q') };
  fifo = new MasterFifo(paths, letters, maker, (error) => seen.push(error.message));
  unlinkSync(paths[2]!);
  writeFileSync(paths[2]!, 'data');
  appendFileSync(paths[0]!, 'x r\nr');
  await expect.poll(() => seen).toEqual(['r', 'r']);
  appendFileSync(paths[0]!, '9 2 r');
  await expect.poll(() => seen.splice(2)).toEqual([expect.stringContaining('not a fifo'), 'r']);
  await appendFile(paths[0]!, '1');
  await appendFile(paths[1]!, 'q');
  await expect.poll(() => seen).toEqual(['r', 'r', 'q']);
});

it('does not touch a file of another kind', () => {
  const path = join(folder, 'file');
  writeFileSync(path, 'data');
  expect(() => new MasterFifo([path], {}, maker, never)).toThrow('a file that is not a fifo is in the way');
});

it('says which fifo cannot be made', () => {
  const path = join(folder, 'missing', 'fifo');
  expect(() => new MasterFifo([path], {}, maker, never)).toThrow(`master-fifo = ${path}: ENOENT`);
});

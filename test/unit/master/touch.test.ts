import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TouchWatch } from '../../../src/master/touch.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'uwsgi-node-'));
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

it('notices a touch, a replacement, a removal and a creation, each once', () => {
  const [path, other] = [join(folder, 'a'), join(folder, 'b')];
  for (const each of [path, other]) writeFileSync(each, '');
  utimesSync(other, 1, 1);
  const touched: string[] = [];
  const watch = new TouchWatch([{ path, onTouch: (which) => touched.push(which) }], 2);
  const steps = [
    () => utimesSync(path, 2, 2),
    () => renameSync(other, path),
    () => rmSync(path),
    () => writeFileSync(path, ''),
  ];
  vi.advanceTimersByTime(4_000);
  expect(touched).toEqual([]);
  for (const [index, step] of steps.entries()) {
    step();
    vi.advanceTimersByTime(4_000);
    expect(touched).toEqual(Array(index + 1).fill(path));
  }
  watch.close();
  rmSync(path);
  vi.advanceTimersByTime(4_000);
  expect(touched).toHaveLength(steps.length);
});

it('keeps no timer when there is nothing to watch', () => {
  const watch = new TouchWatch([], 1);
  expect(vi.getTimerCount()).toBe(0);
  watch.close();
});

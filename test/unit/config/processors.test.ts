import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { usableProcessors } from '../../../src/config/processors.js';

const count = (files: Record<string, string>, affine = 8) =>
  usableProcessors((path) => files[path] ?? null, affine);

const v2 = (path: string, ...quotas: [string, string][]) => ({
  '/proc/self/cgroup': `0::${path}\n`,
  ...Object.fromEntries(quotas.map(([group, text]) => [`/sys/fs/cgroup${group}/cpu.max`, text])),
});

const v1 = (quota: string, period = '100000\n') => ({
  '/proc/self/cgroup': '11:memory:/\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n0::/system.slice\n',
  '/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us': quota,
  '/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us': period,
});

it('are those of the affinity mask without a quota', () => {
  expect(count({})).toBe(8);
  expect(count(v2('/a', ['/a', 'max 100000\n']))).toBe(8);
  expect(count(v1('-1\n'))).toBe(8);
});

it('are as many as the quota gives time for, rounded up, and at least one', () => {
  expect(count(v2('/a', ['/a', '200000 100000\n']))).toBe(2);
  expect(count(v2('/a', ['/a', '250000 100000\n']))).toBe(3);
  expect(count(v2('/a', ['/a', '5000 100000\n']))).toBe(1);
  expect(count(v2('/a', ['/a', '900000 100000\n']), 4)).toBe(4);
  expect(count(v1('150000\n'))).toBe(2);
});

it('are bounded by every group above, and by the root, which a container has as its own', () => {
  expect(count(v2('/a/b/c', ['/a/b/c', '700000 100000'], ['/a', '300000 100000']))).toBe(3);
  expect(count(v2('/../host/path', ['', '100000 100000']))).toBe(1);
  expect(count(v2('/', ['', '100000 50000']))).toBe(2);
});

it('do not depend on nonsense in these files', () => {
  for (const text of ['', 'max', '100000', 'x y', '0 100000', '1 0', '-1 100000']) {
    expect(count(v2('/', ['', text]))).toBe(8);
  }
  expect(count({ '/proc/self/cgroup': 'nonsense\n' })).toBe(8);
});

it('are at least one here', () => {
  expect(usableProcessors()).toBeGreaterThanOrEqual(1);
  expect(usableProcessors()).toBeLessThanOrEqual(availableParallelism());
});

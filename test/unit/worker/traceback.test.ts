import { describe, expect, it } from 'vitest';
import { type Locating, stacksOf } from '../../../src/worker/traceback.js';

const looking = (frames: string[] | null, closed: number[] = []): Locating => ({
  locate: async () => frames,
  close: async () => {
    closed.push(1);
  },
});

const thread = (core: number, more = {}) => ({
  core,
  threadId: core + 1,
  isLoading: false,
  kernelId: null,
  ...more,
});

describe('stacksOf', () => {
  it('tells of each thread where it is', async () => {
    const closed: number[] = [];
    const looks = [
      looking(['hang (/srv/app.js:7:3)', 'processTimers (node:internal/timers:505:5)'], closed),
      looking([], closed),
      looking(['processTimers (node:internal/timers:505:5)'], closed),
      looking(null, closed),
      looking(['node:internal/modules/esm/loader:1:2', '/srv/app.js:1:1'], closed),
      null,
    ];
    const threads = looks.map((_, core) => thread(core, { isLoading: core === 4 }));
    const stacks = await stacksOf(threads, async (threadIds) => {
      expect(threadIds).toEqual([1, 2, 3, 4, 5, 6]);
      return looks;
    });
    const idle = '    no JavaScript runs: the thread waits in its event loop';
    expect(stacks.map(({ lines }) => lines)).toEqual([
      ['    at hang (/srv/app.js:7:3)', '    at processTimers (node:internal/timers:505:5)'],
      [idle],
      [idle],
      [expect.stringMatching(/native code/)],
      [
        '    the application is being loaded',
        '    at node:internal/modules/esm/loader:1:2',
        '    at /srv/app.js:1:1',
      ],
      [expect.stringMatching(/cannot be looked into/)],
    ]);
    expect(closed).toHaveLength(5);
  });

  it('adds what the kernel knows of one that does not answer', async () => {
    const [stack] = await stacksOf([thread(0, { kernelId: process.pid })], async () => [looking(null)]);
    expect(stack!.lines.length).toBeGreaterThanOrEqual(1);
    for (const line of stack!.lines.slice(1)) expect(line).toMatch(/^ {4}(syscall|wchan): /);
  });
});

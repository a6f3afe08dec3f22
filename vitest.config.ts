import { defineConfig } from 'vitest/config';

/** They replace modules of Node, which everybody else in the same process would get, too. */
const replacing = ['test/unit/log/stderr.test.ts', 'test/unit/thread/exceptions.test.ts'];

// Most of the time of most files is waiting for servers that start and stop.
const sideBySide = { maxWorkers: 3, sequence: { groupOrder: 0 } };

export default defineConfig({
  test: {
    pool: 'forks',
    // Real processes on a busy machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    globalSetup: 'test/support/build.ts',
    projects: [
      {
        extends: true,
        // Loading vitest and the sources takes longer than most of these tests: once for all of a process.
        test: {
          ...sideBySide,
          name: 'units',
          include: ['test/{unit,packets}/**/*.test.ts'],
          exclude: replacing,
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          ...sideBySide,
          // The addon keeps threads and descriptors of its own: a process for each file.
          name: 'processes',
          include: ['test/!(unit|packets|timed)/**/*.test.ts', ...replacing],
        },
      },
      {
        extends: true,
        // What promises a time is held to it while nothing else runs.
        test: {
          name: 'alone',
          include: ['test/timed/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

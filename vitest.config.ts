import { defineConfig } from 'vitest/config';

/** They replace modules of Node, which everybody else in the same process would get, too. */
const replacing = [
  'test/unit/log/stderr.test.ts',
  'test/unit/thread/exceptions.test.ts',
  'test/unit/worker/profile.test.ts',
];
const timed = ['test/timed/**/*.test.ts'];

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
        // To load vitest and the sources takes longer than many a file: once for all files of a process.
        test: {
          ...sideBySide,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...replacing, ...timed],
          isolate: false,
        },
      },
      {
        extends: true,
        test: { ...sideBySide, name: 'each in a process of its own', include: replacing },
      },
      {
        extends: true,
        // What promises a time is held to it while nothing else runs.
        test: {
          name: 'alone',
          include: timed,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

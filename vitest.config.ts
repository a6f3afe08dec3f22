import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // The addon keeps threads and descriptors of its own: a process for each file.
    pool: 'forks',
    // Most of the time of most files is waiting for servers that start and stop.
    maxWorkers: 3,
    // Real processes on a busy machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: 'test/support/build.ts',
  },
});

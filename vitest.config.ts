import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They replace modules of Node, which everybody else in the same process would get, too. */
const replacing = [
  'test/unit/log/stderr.test.ts',
  'test/unit/thread/exceptions.test.ts',
  'test/unit/worker/profile.test.ts',
];
const timed = ['test/timed/**/*.test.ts'];

// Most of the time of most files is waiting for servers that start and stop.
const sideBySide = { maxWorkers: 4, sequence: { groupOrder: 0 } };

/** Small files that take long: compilers, loads, long lines. At the end they would be waited for alone. */
const slow = [
  'test/native/native.test.ts',
  'test/chaos/reloads.test.ts',
  'test/integration/frameworks/frameworks.test.ts',
  'test/integration/pool.test.ts',
  'test/integration/drain.test.ts',
  'test/unit/config/properties.test.ts',
  'test/unit/http/connections.test.ts',
  'test/config/oracle.test.ts',
];

/** Where it knows no durations, as in continuous integration, vitest begins with the largest files. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification) => {
      const index = slow.findIndex((path) => moduleId.endsWith(`/${path}`));
      return index < 0 ? slow.length : index;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    pool: 'forks',
    // Real processes on a busy machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    globalSetup: 'test/support/build.ts',
    sequence: { sequencer: SlowFirst },
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

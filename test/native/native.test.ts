/**
 * Runs the C++ tests: each program of this folder once, and every case it lists as a test of its own. The programs are
 * children of vitest's worker and talk to it in lines (see check.h).
 */
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildPrograms, listedSources, type Program, root } from './build.js';

interface Run {
  code: number | string | null;
  stderr: string;
  /** `undefined` for a case that passed, else why it failed. */
  failures: Map<string, string | undefined>;
  /** The case the program died in. */
  unfinished: string | null;
}

function listCases(program: Program): string[] {
  return execFileSync(program.path, ['--list'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
}

function run(program: Program): Promise<Run> {
  return new Promise((resolve) => {
    const options = { cwd: root, timeout: 120_000, maxBuffer: 64 << 20 };
    execFile(program.path, options, (error, stdout, stderr) => {
      const code = error ? (error.signal ?? error.code ?? null) : 0;
      resolve({ code, stderr, ...readReport(stdout) });
    });
  });
}

function readReport(stdout: string): Pick<Run, 'failures' | 'unfinished'> {
  const failures: Run['failures'] = new Map();
  let unfinished: string | null = null;
  for (const [, outcome, name = '', why] of stdout.matchAll(/^(begin|ok|not ok) (.*)$(?:\n {2}(.*))?/gm)) {
    unfinished = outcome === 'begin' ? name : null;
    if (outcome !== 'begin') failures.set(name, why);
  }
  return { failures, unfinished };
}

function explain(result: Run, name: string): string | undefined {
  if (result.failures.has(name)) return result.failures.get(name);
  if (result.unfinished === name) return `the program died (${result.code}):\n${result.stderr}`;
  return `did not run: the program died in "${result.unfinished}"`;
}

/** Three at a time, in their order: most of them wait most of the time. */
function runSideBySide(programs: readonly Program[]): Promise<Run>[] {
  const runs: Promise<Run>[] = [];
  for (const [i, program] of programs.entries()) {
    const before = runs[i - 3] ?? Promise.resolve();
    runs.push(before.then(() => run(program)));
  }
  return runs;
}

const programs = await buildPrograms();
const runs = runSideBySide(programs);

for (const [i, program] of programs.entries()) {
  describe(program.name, () => {
    let result: Run;
    beforeAll(async () => {
      result = await runs[i]!;
    }, 400_000);

    test.each(listCases(program))('%s', (name) => {
      expect(explain(result, name)).toBeUndefined();
    });

    // Leaks are found after the last case.
    test('ends in peace', () => {
      expect([0, 1], result.stderr).toContain(result.code);
    });
  });
}

test('native/sources.txt lists every source of native/', () => {
  const files = readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.cc')).map((file) => `native/${file}`);
  expect(listedSources().sort()).toEqual(sources.sort());
});

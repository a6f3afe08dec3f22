/** Where things lie in the repository, whether this file runs compiled (build/bench) or as source (tests). */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

function findRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : findRoot(dirname(from));
}

export const root = findRoot(import.meta.dirname);
export const benchDir = join(root, 'bench');
export const appsDir = join(benchDir, 'apps');
export const loadDir = join(benchDir, 'load');
export const resultsDir = join(benchDir, 'results');
/** What the README shows and later runs are compared with. */
export const baselineFile = join(resultsDir, 'baseline.json');
export const chartsDir = join(resultsDir, 'charts');
export const binariesDir = join(root, 'build', 'bench-bin');
export const cli = join(root, 'dist', 'cli.cjs');

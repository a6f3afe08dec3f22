/** Bytes that V8 allocates in a server's threads while it answers (apps/count-allocations.cjs is at the other end). */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Contender } from './contender.js';
import { errors } from './errors.js';
import { appsDir } from './paths.js';

const BASE = 'allocations';
const ANSWER_TIMEOUT_MS = 20_000;

/** The same server with a counter in each of its threads. */
export function counting(contender: Contender): Contender {
  return {
    ...contender,
    async prepare(launch) {
      const prepared = await contender.prepare(launch);
      const counter = `--require ${join(appsDir, 'count-allocations.cjs')}`;
      const env = { NODE_OPTIONS: counter, BENCH_ALLOCATIONS: join(launch.dir, BASE) };
      return { ...prepared, env: { ...prepared.env, ...env } };
    },
  };
}

const answers = (dir: string, ending: string) =>
  readdirSync(dir).filter((name) => name.startsWith(`${BASE}.`) && name.endsWith(ending));

async function until(what: string, met: () => boolean): Promise<void> {
  const end = performance.now() + ANSWER_TIMEOUT_MS;
  while (!met()) {
    if (performance.now() > end) throw errors.noAllocations(what);
    await delay(20);
  }
}

/** @returns bytes of all threads together while `work` ran */
export async function allocatedDuring(dir: string, work: () => Promise<unknown>): Promise<number> {
  writeFileSync(join(dir, `${BASE}.start`), '');
  await until('started', () => answers(dir, '.started').length > 0);
  // The other threads of the process look as often as the first that answered.
  await delay(200);
  const threads = answers(dir, '.started').length;
  await work();
  writeFileSync(join(dir, `${BASE}.stop`), '');
  await until('answered', () => answers(dir, '.bytes').length >= threads);
  return answers(dir, '.bytes').reduce((sum, name) => sum + Number(readFileSync(join(dir, name), 'utf8')), 0);
}

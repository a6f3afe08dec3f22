/** `cpu-affinity`: the processors that a worker is bound to. Runs in the worker, before its threads start. */
import { readFileSync } from 'node:fs';
import { affinity } from '../log/startup.js';

/**
 * @param count processors for each worker; the next worker gets the next ones, and after the last comes the first again.
 * @param usable the numbers of the processors that this process may use.
 */
export function processorsOf(workerId: number, count: number, usable: readonly number[]): number[] {
  const first = (workerId - 1) * count;
  return Array.from(
    { length: Math.min(count, usable.length) },
    (_, index) => usable[(first + index) % usable.length]!,
  );
}

/** `0-2,5` of /proc/self/status. */
export function parseProcessors(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(range.trim()) ?? [];
    if (from === undefined) return [];
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index);
  });
}

/**
 * Binds this process.
 * @param pin returns what went wrong, or null.
 * @returns the line for the log.
 */
export function bindWorker(
  workerId: number,
  count: number,
  pin: (processors: readonly number[]) => string | null,
): string {
  const status = readFileSync('/proc/self/status', 'latin1');
  const usable = parseProcessors(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '');
  const own = processorsOf(workerId, count, usable);
  const problem = pin(own);
  return problem === null ? affinity.bound(workerId, own) : affinity.failed(workerId, problem);
}

/**
 * Which processor runs what. Left to the scheduler, load and server sometimes share one and sometimes do not, and stay so for
 * seconds: the CPU time of the same request differs by half between the two, and so does a ratio of two servers.
 */
import { availableParallelism } from 'node:os';
import { runTool } from './children.js';

/** The load's own; the server has the others. */
const LOAD = '0';

/** Null where there is but one processor. */
function serversOwn(): string | null {
  const last = availableParallelism() - 1;
  return last === 0 ? null : `1-${last}`;
}

/** What to put in front of a load generator's command. */
export const onLoadsProcessor = (): string[] => (serversOwn() === null ? [] : ['taskset', '-c', LOAD]);

/** All threads of these processes, and what they start from now on. */
export async function onServersProcessors(pids: readonly number[]): Promise<void> {
  const processors = serversOwn();
  if (processors === null) return;
  for (const pid of pids) await runTool('taskset', ['-a', '-c', '-p', processors, String(pid)]);
}

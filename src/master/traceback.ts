/**
 * Where every JS thread of every worker is, in words. What each of them has to do is read from the scoreboard, its stack is
 * asked for. Runs in the master; at the other end: src/worker/traceback.ts.
 */
import { traceback } from '../log/traceback.js';
import type { Answer, Question, ThreadStack } from '../messages.js';
import type { CoreActivity } from '../stats/snapshot.js';
import { activityLine } from './statistics.js';

/** A control thread has to be given up on later than it gives up on its threads, and before a client of
 * `tracebacker` is let go; milliseconds. */
const PATIENCE = 9_000;

/** The piece of a worker handle that is used. */
export interface Traced {
  readonly id: number;
  readonly pid: number | null;
  readonly cores: CoreActivity[];
  look(question: Question): Promise<Answer | null>;
}

/** @returns lines for whoever asked */
export async function tracebackOf(workers: Iterable<Traced>): Promise<string[]> {
  const parts = await Promise.all(Array.from(workers, linesOf));
  return parts.length === 0 ? [traceback.nobody] : parts.flat();
}

async function linesOf(worker: Traced): Promise<string[]> {
  const { id, pid } = worker;
  const answer = await inTime(worker.look({ kind: 'traceback' }));
  if (answer === 'late') return [traceback.silent(id, pid ?? 0)];
  if (answer === null || !('stacks' in answer)) return [traceback.gone(id, pid ?? 0)];
  return answer.stacks.flatMap((stack) => [headOf(worker, stack), ...stack.lines]);
}

function headOf({ id, pid, cores }: Traced, { core }: ThreadStack): string {
  const activity = cores.find((each) => each.id === core);
  return activity === undefined
    ? `worker ${id} (pid: ${pid ?? 0}) core ${core}:`
    : activityLine({ id, pid }, activity);
}

async function inTime<Value>(answer: Promise<Value>): Promise<Value | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, 'late');
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

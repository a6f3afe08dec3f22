/** Answers what somebody wants to see of the JS threads of a worker. Runs in the control thread. */
import { profileLines } from '../log/profile.js';
import type { Answer, Question } from '../messages.js';
import { type NativeScoreboard, Score } from '../native-scoreboard.js';
import { readWatch, type ScoreReader } from '../stats/core-score.js';
import { Inspection } from './inspection.js';
import { type Profiling, writeHeapSnapshot, writeProfile } from './profile.js';
import { type LocatedThread, stacksOf } from './traceback.js';
import type { SeenThread } from './worker-parts.js';

export type Scores = ScoreReader & Pick<NativeScoreboard, 'forgetDeadlines'>;

/** More often than harakiri looks, milliseconds. */
const SPARED = 100;

export async function answer(
  workerId: number,
  question: Question,
  threads: readonly SeenThread[],
  scores: Scores,
): Promise<Answer> {
  switch (question.kind) {
    case 'traceback': {
      const located = threads.map((seen) => locatedThread(seen, scores));
      return { stacks: await stacksOf(located, (threadIds) => Inspection.openAll(threadIds)) };
    }
    case 'profile':
      return lookInto(workerId, question.core, threads, (look) =>
        writeProfile(look, question.file, question.seconds),
      );
    case 'heap':
      return lookInto(workerId, question.core, threads, (look, { row }) =>
        sparing(scores, row, () => writeHeapSnapshot(look, question.file)),
      );
  }
}

async function lookInto(
  workerId: number,
  core: number,
  threads: readonly SeenThread[],
  act: (look: Profiling, seen: SeenThread) => Promise<Answer>,
): Promise<Answer> {
  const seen = threads.find(({ thread }) => thread.core === core);
  const look = seen === undefined ? null : await Inspection.open(seen.thread.threadId);
  if (seen === undefined || look === null) return { problem: profileLines.noCore(workerId, core) };
  try {
    return await act(look, seen);
  } finally {
    await look.close();
  }
}

/** A thread that stands still because it is looked into is not one that hangs: harakiri leaves it alone. */
async function sparing<Value>(scores: Scores, row: number | null, act: () => Promise<Value>): Promise<Value> {
  if (row === null) return act();
  const timer = setInterval(() => scores.forgetDeadlines(row), SPARED);
  return act().finally(() => clearInterval(timer));
}

function locatedThread({ thread, row }: SeenThread, scores: ScoreReader): LocatedThread {
  const numbers = new Float64Array(Score.length);
  return {
    core: thread.core,
    threadId: thread.threadId,
    isLoading: thread.state === 'loading',
    kernelId: row === null ? null : readWatch(scores, row, numbers).kernelId,
  };
}

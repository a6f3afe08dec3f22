/** Answers what somebody wants to see of the JS threads of a worker. Runs in the control thread. */
import type { Answer, Question } from '../messages.js';
import { Score } from '../native.js';
import { readWatch, type ScoreReader } from '../stats/core-score.js';
import { Inspection } from './inspection.js';
import { type LocatedThread, stacksOf } from './traceback.js';
import type { SeenThread } from './worker.js';

export async function answer(
  question: Question,
  threads: readonly SeenThread[],
  scores: ScoreReader,
): Promise<Answer> {
  switch (question.kind) {
    case 'traceback': {
      const located = threads.map((seen) => locatedThread(seen, scores));
      return { stacks: await stacksOf(located, (threadIds) => Inspection.openAll(threadIds)) };
    }
  }
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

import { describe, expect, it } from 'vitest';
import type { DoorRequest } from '../../../src/debugging/door.js';
import { Debugging } from '../../../src/master/debugging.js';
import type { Answer, Question } from '../../../src/messages.js';

function create() {
  const questions: Question[] = [];
  const answers: ((answer: Answer | null) => void)[] = [];
  const lines: string[] = [];
  const look = (question: Question) => {
    questions.push(question);
    return new Promise<Answer | null>((resolve) => answers.push(resolve));
  };
  const worker = (id: number, state: string) => ({ id, pid: 100 + id, cores: [], state, look });
  const debugging = new Debugging({
    workers: [worker(1, 'ready'), worker(2, 'stopping')],
    directory: () => '/srv',
    log: (...more) => lines.push(...more),
  });
  return { debugging, questions, answers, lines };
}

const profile = { kind: 'profile', worker: 1, core: 1, seconds: 10_000 } as const;

describe('Debugging', () => {
  it('takes one profile at a time', async () => {
    const { debugging, questions, answers, lines } = create();
    const first = debugging.answer(profile);
    expect(await debugging.answer({ kind: 'heap', worker: 1, core: 0 })).toEqual({
      problem: 'another profile or heap snapshot is being taken; one at a time',
    });
    answers[0]!({ file: '/srv/a.cpuprofile', bytes: 12 });
    expect(await first).toEqual({ lines: ['/srv/a.cpuprofile'] });
    const second = debugging.answer({ kind: 'heap', worker: 1, core: 0 });
    answers[1]!({ problem: 'ENOSPC' });
    expect(await second).toEqual({ problem: 'ENOSPC' });
    const third = debugging.answer(profile);
    answers[2]!(null);
    expect(await third).toEqual({ problem: 'the worker has ended meanwhile' });
    expect(questions.slice(0, 2)).toEqual([
      { kind: 'profile', core: 1, seconds: 600, directory: '/srv' },
      { kind: 'heap', core: 0, directory: '/srv' },
    ]);
    expect(lines).toEqual([
      'taking a CPU profile of worker 1 core 1, for 600 seconds',
      'CPU profile written to /srv/a.cpuprofile (12 bytes)',
      'taking a heap snapshot of worker 1 core 0',
      'no heap snapshot: ENOSPC',
      'taking a CPU profile of worker 1 core 1, for 600 seconds',
      'no CPU profile: the worker has ended meanwhile',
    ]);
  });

  it('knows who does not work, and what it is not asked', async () => {
    const { debugging } = create();
    for (const worker of [2, 3]) {
      expect(await debugging.answer({ ...profile, worker })).toEqual({
        problem: `worker ${worker} does not run`,
      });
    }
    expect(await debugging.answer({ kind: 'what' } as unknown as DoorRequest)).toEqual({
      problem: expect.stringMatching(/another version/),
    });
  });
});

import { readdirSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { DoorRequest } from '../../../src/debugging/door.js';
import { Debugging } from '../../../src/master/debugging.js';
import { type Answer, partOf, type Question } from '../../../src/messages.js';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';

afterEach(cleanUp);

function create(directory = '/srv') {
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
    directory: () => directory,
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
      {
        kind: 'profile',
        core: 1,
        seconds: 600,
        file: expect.stringMatching(/^\/srv\/worker-1-core-1-\d{8}-\d{6}\.\d{3}\.cpuprofile$/),
      },
      {
        kind: 'heap',
        core: 0,
        file: expect.stringMatching(/^\/srv\/worker-1-core-0-[\d.-]+\.heapsnapshot$/),
      },
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

  it('removes what a worker has left that was killed in the middle', async () => {
    const directory = await makeDirectory();
    const { debugging, questions, answers } = create(directory);
    const reply = debugging.answer(profile);
    const { file } = questions[0] as { file: string };
    writeFileSync(partOf(file), '');
    writeFileSync(`${directory}/another.part`, '');
    answers[0]!(null);
    await reply;
    expect(readdirSync(directory)).toEqual(['another.part']);
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

import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { Predecessors } from '../../../src/master/predecessors.js';

it('leaves to the next program what has not been told to finish, and who still lives', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const closed: number[] = [];
  const dead = 9_999_999;
  const predecessors = new Predecessors(
    { lifelines: [7, 8], workers: [dead, child.pid!] },
    { closeFd: (fd) => void closed.push(fd) },
  );
  expect(predecessors.remains).toEqual({ lifelines: [7, 8], workers: [child.pid] });
  predecessors.finish(1_000);
  predecessors.finish(1_000);
  expect(closed).toEqual([7, 8]);
  expect(predecessors.remains).toEqual({ lifelines: [], workers: [child.pid] });
  predecessors.kill();
  await predecessors.gone();
  expect(predecessors.remains.workers).toEqual([]);
});

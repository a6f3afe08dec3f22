/** What the processes are called, and what they may use of the machine. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';

vi.setConfig({ testTimeout: 30_000 });
afterEach(cleanUp);

const read = (pid: number, file: string) => readFileSync(`/proc/${pid}/${file}`, 'latin1');
const titleOf = (pid: number) => read(pid, 'cmdline').replace(/\0+$/, '');

it('names, processors, descriptors and priority are as configured', async () => {
  const instance = await Instance.make();
  const server = await instance.start(
    ...['--processes', '2', '--procname-prefix-spaced', 'shop', '--cpu-affinity', '1'],
    ...['--max-fd', '512', '--prio', '3'],
  );
  const [first, second] = server.workers;
  expect([server.pid, first!, second!].map(titleOf)).toEqual([
    'shop uWSGI master',
    'shop uWSGI worker 1',
    'shop uWSGI worker 2',
  ]);
  for (const [id, pid] of [first, second].entries()) {
    const [, processor] = await server.lines.waitFor(
      new RegExp(`^mapping worker ${id + 1} to CPUs: (\\d+)$`),
    );
    expect(read(pid!, 'status')).toContain(`Cpus_allowed_list:\t${processor}\n`);
    expect(read(pid!, 'limits')).toMatch(/^Max open files +512 /m);
    expect(read(pid!, 'stat').split(') ')[1]!.split(' ')[16]).toBe('3');
  }
  expect((await instance.get('/')).status).toBe(200);
});

/** `max-requests` with a real server: the worker that has had its share goes, and no request goes with it. */
import { afterEach, expect, it } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';

afterEach(cleanUp);

it.each([
  ['over uwsgi', []],
  ['by all threads of a worker together', ['--threads', '2']],
])('counts requests %s, and replaces the worker at the one that makes it full', async (_, options) => {
  const instance = await Instance.make();
  // Nobody would look by himself for a long time.
  const limits = ['--max-requests', '6', '--min-worker-lifetime', '0', '--check-interval', '3600'];
  const server = await instance.start(...limits, ...options);
  const [pid] = server.workers;
  for (let count = 1; count < 6; count += 1) expect((await instance.get('/')).status).toBe(200);
  expect(server.lines.matching(/The work of process/)).toEqual([]);
  // The sixth is still under way when the worker is told to go, and comes to its end.
  const last = instance.textOf('/halves', '500');
  await server.lines.waitFor(
    new RegExp(`^\\.\\.\\.The work of process ${pid} is done\\. Seeya! \\(worker 1, max-requests\\)$`),
  );
  await server.lines.waitFor(new RegExp(`^worker 1 killed successfully \\(pid: ${pid}\\)`));
  expect(await last).toBe('first second');
  expect((await instance.get('/')).status).toBe(200);
  expect(server.workers).not.toContain(pid);
});

/** Commands at certain times, with a real server. The minute of the start counts, so nobody waits for the next. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { readStatistics } from '../../src/stats/client.js';
import { cleanUp, onCleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { READY, statOf } from '../support/server.js';

afterEach(cleanUp);

it('they run, are told of and killed when they take too long, and go on across a reload and when the server stops', async () => {
  const instance = await Instance.make();
  const ini = join(instance.folder, 'cron.ini');
  const stats = join(instance.folder, 'stats.sock');
  writeFileSync(
    ini,
    [
      '[uwsgi]',
      'cron = -1 -1 -1 -1 -1 echo told; exit 3',
      'unique-cron = -1 -1 -1 -1 -1 exec sleep 1000',
      'cron2 = unique=1,harakiri=1 sleep 2000 & wait',
    ].join('\n'),
  );
  const server = await instance.start('--ini', ini, '--stats', stats);
  const { lines } = server;
  const running = /^\[uwsgi-cron\] running "exec sleep 1000" \(pid (\d+)\)$/;
  const pid = Number((await lines.waitFor(running))[1]);
  onCleanUp(() => void process.kill(pid, 'SIGKILL'));
  // Parent, process group, session.
  expect(statOf(pid).slice(1, 4)).toEqual([server.pid, pid, pid].map(String));
  await lines.waitFor(/^told$/);
  await lines.waitFor(
    /^\[uwsgi-cron\] command "echo told; exit 3" running with pid \d+ exited after \d+ second\(s\), exit code 3$/,
  );
  await lines.waitFor(/^\*\*\* HARAKIRI ON CRON "sleep 2000 & wait" \(pid: \d+\) \*\*\*$/);
  await lines.waitFor(
    /"sleep 2000 & wait" running with pid \d+ exited after \d+ second\(s\), killed by signal 9$/,
  );
  const { crons } = await readStatistics(stats);
  expect(crons?.[1]).toMatchObject({ command: 'exec sleep 1000', minute: -1, unique: 1, legion: '', pid });

  const from = lines.position;
  server.kill('SIGHUP');
  await lines.waitFor(READY, { from });
  server.kill('SIGTERM');
  await lines.waitFor(new RegExp(`"exec sleep 1000" running with pid ${pid} goes on without the server$`));
  // The command holds the output of the server, which is not over before it ends.
  await expect.poll(() => statOf(server.pid)[0]).toBeUndefined();
  expect(statOf(pid)[0]).toBe('S');
  expect(lines.matching(running)).toHaveLength(1);
});

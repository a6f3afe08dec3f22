/** Programs beside the workers, with a real server: who goes with it, and who goes on. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { cleanUp, onCleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { READY, statOf } from '../support/server.js';

afterEach(cleanUp);

const isAlive = (pid: number) => ![undefined, 'Z'].includes(statOf(pid)[0]);

it('one without a pid file ends with the server; one with it goes on, and the next server finds it', async () => {
  const instance = await Instance.make();
  const pidfile = join(instance.folder, 'smart.pid');
  const attached = join(instance.folder, 'attached');
  const start = () =>
    instance.start(
      '--smart-attach-daemon2',
      `${pidfile} exec sleep 1000`,
      '--attach-daemon2',
      `cmd="trap 'echo told' USR1; echo $$ > ${attached}; while :; do sleep 0.1; done",reloadsignal=USR1`,
    );
  const pidIn = (path: string) => Number(readFileSync(path, 'utf8'));
  const first = await start();
  const smart = pidIn(pidfile);
  onCleanUp(() => {
    if (isAlive(smart)) process.kill(smart, 'SIGKILL');
  });
  await expect.poll(() => existsSync(attached) && pidIn(attached)).toBeGreaterThan(0);
  const child = pidIn(attached);
  const from = first.lines.position;
  first.kill('SIGHUP');
  await first.lines.waitFor(READY, { from });
  await first.lines.waitFor(/^told$/);
  expect([smart, child].map(isAlive)).toEqual([true, true]);
  // Its output is not over while the program holds it, too.
  first.kill('SIGTERM');
  await first.lines.waitFor(/^\[uwsgi-daemons\] "exec sleep 1000" \(pid: \d+\) goes on without the server$/);
  await expect.poll(() => statOf(first.pid)[0]).toBeUndefined();
  expect([smart, child].map(isAlive)).toEqual([true, false]);

  const second = await start();
  await second.lines.waitFor(new RegExp(`found valid/active pidfile for ".*" \\(pid: ${smart}\\)$`));
  expect(pidIn(pidfile)).toBe(smart);
  // It ends the one that is no part of its process group.
  await second.stop();
});

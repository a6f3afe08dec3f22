import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { cleanUp, onCleanUp } from '../../support/clean-up.js';
import { startGuard } from '../../support/guard.js';

afterEach(cleanUp);

function startSleeper() {
  const child = spawn('/bin/sh', ['-c', 'sleep 1000 & wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  onCleanUp(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL');
  });
  return child;
}

it('kills the groups that are left when its pipe ends, and those alone', async () => {
  const [left, other, gone] = [startSleeper(), startSleeper(), startSleeper()];
  // Ends when nobody in the group holds it any more.
  const ended = Promise.all([once(left, 'close'), once(other, 'close')]);
  const guard = startGuard();
  const over = once(guard, 'exit');
  guard.stdin.write(`+ ${left.pid}\n+ ${gone.pid}\n+ ${other.pid}\n- ${gone.pid}\n- 12345678\n`);
  guard.stdin.end();
  await Promise.all([over, ended]);
  expect([left, other, gone].map(({ signalCode }) => signalCode)).toEqual(['SIGKILL', 'SIGKILL', null]);
});

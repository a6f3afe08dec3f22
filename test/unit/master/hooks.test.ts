import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseHook, parseSignal } from '../../../src/config/hooks.js';
import { runHooks } from '../../../src/master/hooks.js';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';

let folder: string;
beforeEach(async () => {
  folder = await makeDirectory();
});
afterEach(cleanUp);

/** Runs hooks of one phase. Returns what was logged, and the environment after it. */
async function run(...values: string[]) {
  const lines: string[] = [];
  const env: NodeJS.ProcessEnv = {};
  const origin = { file: 'x.ini', line: 4 };
  const hooks = values.map((value) => ({ phase: 'as-user' as const, ...parseHook(value)!, origin }));
  const failure = await runHooks(hooks, 'as-user', { env, log: (...more) => lines.push(...more) }).then(
    () => null,
    (error: Error) => error.message,
  );
  return { lines, env, failure };
}

it('does what the actions say, in their order', async () => {
  const file = join(folder, 'made/file');
  const { failure, env } = await run(
    `mkdir:${folder}/made`,
    `create:${file}`,
    `writen:${file} one two`,
    `append:${file} three`,
    `chmod:${file} 640`,
    'putenv:HOOK_TEST=a=b',
    `exec:echo " $HOOK_TEST" >> ${file}`,
  );
  expect(failure).toBe(null);
  expect(readFileSync(file, 'utf8')).toBe('one two\nthree a=b\n');
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(env).toEqual({ HOOK_TEST: 'a=b' });
  delete process.env.HOOK_TEST;
  await run(`unlink:${file}`);
  expect(existsSync(file)).toBe(false);
});

it('says what it runs, and ends at the first that fails', async () => {
  const { lines, failure } = await run('exec:true', 'print:hello', 'exec:exit 3', 'print:never');
  expect(lines).toEqual(['running "true" (as user)...', 'hello', 'running "exit 3" (as user)...']);
  expect(failure).toBe(
    'x.ini:4: command "exit 3" exited with non-zero code: 3; the server does not go on without it (safeexec: would)',
  );
  expect((await run(`unlink:${folder}/none`)).failure).toMatch(/^x\.ini:4: unlink:.*ENOENT/);
});

it('goes on after a safeexec that fails', async () => {
  const { lines, failure } = await run('safeexec:kill -9 $$', 'print:on');
  expect(failure).toBe(null);
  expect(lines.slice(1)).toEqual(['command "kill -9 $$" was killed by SIGKILL', 'on']);
});

it('does nothing of another phase, nor with signals', async () => {
  const origin = { file: null, line: null };
  const lines: string[] = [];
  const hook = { phase: 'pre-app' as const, action: 'print' as const, argument: 'x', origin };
  await runHooks([hook], 'asap', { env: {}, log: (line) => lines.push(line) });
  await run('unix_signal:15 gracefully_kill_them_all');
  expect(lines).toEqual([]);
});

it('knows actions and signals, and nothing else', () => {
  expect(parseHook('exec: ls -l')).toEqual({ action: 'exec', argument: 'ls -l' });
  expect(parseSignal('10 stats')).toEqual({ signal: 'SIGUSR1', call: 'stats' });
  for (const wrong of [
    '',
    'exec',
    'exec:',
    'mount:proc',
    'unix_signal:9 stats',
    'unix_signal:15 reload_me',
  ]) {
    expect(parseHook(wrong)).toBe(null);
  }
});

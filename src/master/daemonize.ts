/**
 * `daemonize` and `daemonize2`: the server goes to the background. A Node process cannot fork, so the process that was
 * started runs the same command again in a session of its own, and ends. Runs in both.
 */
import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';

/** In the environment of the second process: it is in the background already. */
const MARK = '_UWSGI_NODE_DAEMON';
/** Its descriptor on which the first one waits for a word. */
const WORD_FD = 3;

/**
 * To be called first of all: takes the mark out of the environment.
 * @returns in the background process a function that says that it serves; else null.
 */
export function backgroundProcess(env: NodeJS.ProcessEnv): (() => void) | null {
  if (env[MARK] === undefined) return null;
  delete env[MARK];
  let isTold = false;
  return () => {
    if (isTold) return;
    isTold = true;
    try {
      writeSync(WORD_FD, '.');
      closeSync(WORD_FD);
    } catch {
      // The first process has gone: it did not wait.
    }
  };
}

/**
 * Runs this command again in the background.
 * @param waits until the background process serves, or has failed.
 * @returns the exit code for this process.
 */
export function goToBackground(waits: boolean): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, [MARK]: '1' },
    detached: true,
  });
  const word = child.stdio[WORD_FD]!;
  return new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
    if (waits) word.on('data', () => resolve(0));
    else child.on('spawn', () => resolve(0));
  }).finally(() => {
    child.unref();
    word.destroy();
  });
}

/**
 * Does what hooks say at a phase of the master's life. Commands run as children of the master, which goes on with its own
 * work meanwhile.
 */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Hook, HookPhase } from '../config/hooks.js';
import { hookErrors } from '../errors/hooks.js';

export interface HookSurroundings {
  /** What workers are started with; `putenv` adds to it. */
  env: NodeJS.ProcessEnv;
  log(...lines: string[]): void;
}

/**
 * Runs the hooks of one phase, one after the other, in the order of the configuration.
 * @throws {UwsgiNodeError} UWSGI_HOOK for the first that fails; those behind it do not run.
 */
export async function runHooks(
  hooks: readonly Hook[],
  phase: HookPhase,
  surroundings: HookSurroundings,
): Promise<void> {
  for (const hook of hooks) {
    // Signals are the affair of signals.ts.
    if (hook.phase === phase && hook.action !== 'unix_signal') await runHook(hook, surroundings);
  }
}

async function runHook(hook: Hook, { env, log }: HookSurroundings): Promise<void> {
  const { phase, action, argument } = hook;
  if (action === 'exec' || action === 'safeexec') {
    log(`running "${argument}" (${phase.replaceAll('-', ' ')})...`);
    const failure = await runCommand(argument);
    if (failure === null) return;
    if (action === 'exec') throw hookErrors.command(hook, failure);
    log(`command "${argument}" ${failure}`);
    return;
  }
  try {
    act(hook, env, log);
  } catch (error) {
    throw hookErrors.failed(hook, (error as Error).message);
  }
}

/** Returns how it failed, or null. */
function runCommand(command: string): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => resolve(`cannot be started: ${error.message}`));
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(null);
      else resolve(signal === null ? `exited with non-zero code: ${code}` : `was killed by ${signal}`);
    });
  });
}

function act({ action, argument }: Hook, env: NodeJS.ProcessEnv, log: (line: string) => void): void {
  // The first word, and all that follows it.
  const [, first = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(argument) ?? [];
  switch (action) {
    case 'cd':
    case 'chdir':
      return process.chdir(argument);
    case 'mkdir':
      return void mkdirSync(argument, { recursive: true });
    case 'putenv':
      return putEnvironment(argument, env);
    case 'chmod':
      return chmodSync(first, rest);
    case 'create':
    case 'creat':
      return closeSync(openSync(argument, 'w'));
    case 'unlink':
      return unlinkSync(argument);
    case 'write':
    case 'writen':
      return writeFileSync(first, action === 'write' ? rest : `${rest}\n`);
    case 'append':
    case 'appendn':
      return appendFileSync(first, action === 'append' ? rest : `${rest}\n`);
    case 'print':
    case 'log':
      return log(argument);
  }
}

function putEnvironment(assignment: string, env: NodeJS.ProcessEnv): void {
  const equals = assignment.indexOf('=');
  const name = equals < 0 ? assignment : assignment.slice(0, equals);
  const value = equals < 0 ? '' : assignment.slice(equals + 1);
  env[name] = process.env[name] = value;
}

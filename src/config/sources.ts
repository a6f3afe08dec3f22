/**
 * Where the text of a configuration comes from: a file, standard input, an inherited descriptor, a command's output.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ProblemText, problems } from '../errors/configuration.js';

/** A text that could not be had. */
export class Unreadable extends Error {
  constructor(readonly problem: ProblemText) {
    super(problem.message);
  }
}

/** Longest a command of `exec://` may take. */
const COMMAND_TIMEOUT = 60_000;

/** Whether the name is `scheme://…` rather than a path. */
export function hasScheme(name: string): boolean {
  return /^[a-z]+:\/\//.test(name);
}

/**
 * The bytes behind `path`, `-`, `fd://N`, `exec://command` or `file://path`.
 *
 * @param cwd what relative paths are relative to.
 * @throws {Unreadable}
 */
export function readSource(name: string, cwd: string): Buffer {
  const [, scheme, rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(name) ?? [];
  switch (scheme) {
    case undefined:
      return readPath(name, name === '-' ? 0 : resolve(cwd, name));
    case 'file':
      return readPath(name, resolve(cwd, rest));
    case 'fd':
      if (!/^\d+$/.test(rest))
        throw new Unreadable(problems.unreadableFile(name, 'a descriptor is a number'));
      return readPath(name, Number(rest));
    case 'exec':
      return runCommand(name, rest, cwd);
    case 'http':
    case 'https':
      throw new Unreadable(problems.remoteConfiguration(name));
    default:
      throw new Unreadable(problems.unknownScheme(name, scheme));
  }
}

function readPath(name: string, file: string | number): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const path = typeof file === 'string' ? file : name;
    throw new Unreadable(problems.unreadableFile(name, reasonOf(error), path));
  }
}

function runCommand(name: string, command: string, cwd: string): Buffer {
  const { error, status, stdout } = spawnSync('/bin/sh', ['-c', command], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: COMMAND_TIMEOUT,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw new Unreadable(problems.unreadableFile(name, reasonOf(error)));
  if (status !== 0)
    throw new Unreadable(problems.unreadableFile(name, `the command exited with code ${status}`));
  return stdout;
}

/** `no such file or directory`, without the path that Node appends. */
export function reasonOf(error: unknown): string {
  const { message } = error as Error;
  return /^E[A-Z0-9]+: ([^,]+),/.exec(message)?.[1] ?? message;
}

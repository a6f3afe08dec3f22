/**
 * What it is to be process 1 of a container, without a container: processes without a parent become children of the one
 * that is started like this. Python sets it, execve(2) keeps it.
 */
import { findProgram } from './requirements.js';

const SUBREAPER = `
import ctypes, os, sys
PR_SET_CHILD_SUBREAPER = 36
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
`;

/** @returns a command that runs `program` (an absolute path) as a subreaper under its own pid. */
export function asSubreaper(program: string, ...args: string[]): [string, ...string[]] {
  return [findProgram('python3') ?? 'python3', '-c', SUBREAPER, program, ...args];
}

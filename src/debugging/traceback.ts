/** `uwsgi-node traceback PID|SOCKET`: where every JS thread of a running server is, or of one worker (`tracebacker`). */
import { statSync } from 'node:fs';
import { toolErrors } from '../errors/tools.js';
import { askMaster, readSocket } from './client.js';

/** @returns the exit code. @throws {UwsgiNodeError} when nobody can be asked */
export async function printTraceback([target, ...rest]: readonly string[]): Promise<number> {
  if (target === undefined || target.startsWith('-') || rest.length > 0) throw toolErrors.tracebackUsage();
  process.stdout.write(isSocket(target) ? await readSocket(target) : await textOf(target));
  return 0;
}

const isSocket = (target: string) =>
  target.startsWith('@') || statSync(target, { throwIfNoEntry: false })?.isSocket() === true;

const textOf = async (target: string) => `${(await askMaster(target, { kind: 'traceback' })).join('\n')}\n`;

/** `uwsgi-node traceback PID`: where every JS thread of a running server is. */
import { toolErrors } from '../errors/tools.js';
import { askMaster } from './client.js';

/** @returns the exit code. @throws {UwsgiNodeError} when nobody can be asked */
export async function printTraceback([target, ...rest]: readonly string[]): Promise<number> {
  if (target === undefined || target.startsWith('-') || rest.length > 0) throw toolErrors.tracebackUsage();
  const lines = await askMaster(target, { kind: 'traceback' });
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

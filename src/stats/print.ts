/** `uwsgi-node stats ADDRESS`: the statistics of a server, this one or uWSGI, as JSON on stdout. */
import { toolErrors } from '../errors/tools.js';
import { readStatistics } from './client.js';

/** @returns the exit code. @throws {UwsgiNodeError} when there are none */
export async function printStatistics([address, ...rest]: readonly string[]): Promise<number> {
  if (address === undefined || address.startsWith('-') || rest.length > 0) throw toolErrors.usage('stats');
  process.stdout.write(`${JSON.stringify(await readStatistics(address), null, 2)}\n`);
  return 0;
}

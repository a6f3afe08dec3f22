/** `uwsgi-node profile PID`: a CPU profile or a heap snapshot of one JS thread of a running server, in a file there. */
import { parseArgs } from 'node:util';
import { toolErrors } from '../errors/tools.js';
import { askMaster } from './client.js';
import { type DoorRequest, LONGEST_PROFILE } from './door.js';

const options = {
  seconds: { type: 'string', default: '10' },
  heap: { type: 'boolean', default: false },
  worker: { type: 'string', default: '1' },
  core: { type: 'string', default: '0' },
} as const;

/** @returns the exit code. @throws {UwsgiNodeError} when there is none */
export async function takeProfile(argv: readonly string[]): Promise<number> {
  const { target, request } = parse(argv);
  process.stdout.write(`${(await askMaster(target, request)).join('\n')}\n`);
  return 0;
}

/** @throws {UwsgiNodeError} UWSGI_USAGE */
export function parse(argv: readonly string[]): { target: string; request: DoorRequest } {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const [target, ...rest] = positionals;
    if (target === undefined || rest.length > 0) throw new Error('one PID is needed');
    const worker = number('worker', values.worker, 1);
    const core = number('core', values.core, 0);
    if (values.heap) return { target, request: { kind: 'heap', worker, core } };
    const seconds = number('seconds', values.seconds, 1, LONGEST_PROFILE);
    return { target, request: { kind: 'profile', worker, core, seconds } };
  } catch (error) {
    throw toolErrors.profileUsage((error as Error).message);
  }
}

function number(name: string, text: string, least: number, most = 999_999): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`--${name} ${text} is not a whole number from ${least} to ${most}`);
}

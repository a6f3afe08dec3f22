/** How a worker process is started: what it inherits, where, under which name. Runs in the master. */
import { fileURLToPath } from 'node:url';
import type { Exchange } from '../messages.js';
import { native } from '../native.js';
import { packageRoot } from '../package-root.js';
import { workerTitle } from './titles.js';
import type { SpawnWorker } from './worker-handle.js';
import { CHANNEL, StartedWorker } from './worker-process.js';

const entry = fileURLToPath(new URL('dist/worker/main.cjs', packageRoot));

/** Where a worker process starts. */
export interface Surroundings {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/**
 * Starts worker processes that inherit stdout, stderr, their end of the channel, the listeners, from descriptor
 * `FIRST_LISTENER_FD` on, and behind them the scoreboard, the exchange, the lifeline and the log's.
 */
export const workerSpawner =
  (
    { cwd, env }: Surroundings,
    scoreboardFd: number | null,
    logFds: readonly number[] = [],
    exchange: Exchange | null = null,
    lifeline: number | null = null,
  ): SpawnWorker =>
  (settings, listeners, id) =>
    new StartedWorker(native, {
      path: process.execPath,
      // A process title may be as long as the original command line: as argv[0] it makes its own room.
      argv: [workerTitle(settings, id).slice(0, LONGEST_TITLE), ...inheritedFlags(), entry],
      env: Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`)),
      cwd,
      descriptors: [
        NOTHING,
        1,
        2,
        CHANNEL,
        ...listeners.map(({ fd }) => fd),
        ...(scoreboardFd === null ? [] : [scoreboardFd]),
        ...(exchange === null ? [] : [exchange.give, exchange.take]),
        ...(lifeline === null ? [] : [lifeline]),
        ...logFds,
      ],
    });

/** /dev/null, in the place of stdin. */
const NOTHING = -1;

/** One argument of execve(2) may be 128 KiB; nobody reads a title of more than this. */
const LONGEST_TITLE = 16_384;

/** Flags of node that the user gave, without the inspector's: its port is taken by the master. */
const inheritedFlags = () => process.execArgv.filter((flag) => !/^--(inspect|debug)/.test(flag));

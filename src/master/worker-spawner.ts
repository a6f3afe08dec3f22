/** How a worker process is started: what it inherits, where, under which name. Runs in the master. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Exchange } from '../messages.js';
import { packageRoot } from '../package-root.js';
import { workerTitle } from './titles.js';
import type { SpawnWorker } from './worker-handle.js';

const entry = fileURLToPath(new URL('dist/worker/main.cjs', packageRoot));

/** Where a worker process starts. */
export interface Surroundings {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/**
 * Starts worker processes that inherit stdout, stderr, the listeners, from descriptor `FIRST_LISTENER_FD` on, and behind
 * them the scoreboard, the exchange, the lifeline and the log's.
 */
export const workerSpawner =
  (
    surroundings: Surroundings,
    scoreboardFd: number | null,
    logFds: readonly number[] = [],
    exchange: Exchange | null = null,
    lifeline: number | null = null,
  ): SpawnWorker =>
  (settings, listeners, id) =>
    spawn(process.execPath, [...inheritedFlags(), entry], {
      ...surroundings,
      // A process title may be as long as the original command line: as argv[0] it makes its own room.
      argv0: workerTitle(settings, id).slice(0, LONGEST_TITLE),
      stdio: [
        'ignore',
        'inherit',
        'inherit',
        'ipc',
        ...listeners.map(({ fd }) => fd),
        ...(scoreboardFd === null ? [] : [scoreboardFd]),
        ...(exchange === null ? [] : [exchange.give, exchange.take]),
        ...(lifeline === null ? [] : [lifeline]),
        ...logFds,
      ],
    });

/** One argument of execve(2) may be 128 KiB; nobody reads a title of more than this. */
const LONGEST_TITLE = 16_384;

/** Flags of node that the user gave, without the inspector's: its port is taken by the master. */
const inheritedFlags = () => process.execArgv.filter((flag) => !/^--(inspect|debug)/.test(flag));

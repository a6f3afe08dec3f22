/** How a worker process is started: what it inherits, where, under which name. Runs in the master. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Channel } from '../channel.js';
import type { Exchange, MasterToWorker, WorkerToMaster } from '../messages.js';
import { packageRoot } from '../package-root.js';
import { workerTitle } from './titles.js';
import type { SpawnWorker, WorkerProcess } from './worker-handle.js';

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
    surroundings: Surroundings,
    scoreboardFd: number | null,
    logFds: readonly number[] = [],
    exchange: Exchange | null = null,
    lifeline: number | null = null,
  ): SpawnWorker =>
  (settings, listeners, id) =>
    withChannel(
      spawn(process.execPath, [...inheritedFlags(), entry], {
        ...surroundings,
        // A process title may be as long as the original command line: as argv[0] it makes its own room.
        argv0: workerTitle(settings, id).slice(0, LONGEST_TITLE),
        stdio: [
          'ignore',
          'inherit',
          'inherit',
          'pipe',
          ...listeners.map(({ fd }) => fd),
          ...(scoreboardFd === null ? [] : [scoreboardFd]),
          ...(exchange === null ? [] : [exchange.give, exchange.take]),
          ...(lifeline === null ? [] : [lifeline]),
          ...logFds,
        ],
      }),
    );

/** One that could not be started has no channel, and nobody sends to it. */
function withChannel(child: ChildProcess): WorkerProcess {
  if (child.pid === undefined) return child as WorkerProcess;
  const channel = new Channel<MasterToWorker, WorkerToMaster>(child.stdio[3] as Socket);
  channel.onMessage((message) => child.emit('message', message));
  return Object.assign(child, {
    send: (message: MasterToWorker, done: (error: Error | null) => void) => channel.send(message, done),
  });
}

/** One argument of execve(2) may be 128 KiB; nobody reads a title of more than this. */
const LONGEST_TITLE = 16_384;

/** Flags of node that the user gave, without the inspector's: its port is taken by the master. */
const inheritedFlags = () => process.execArgv.filter((flag) => !/^--(inspect|debug)/.test(flag));

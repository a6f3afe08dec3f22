/** A server to measure: how it is started, and what a started one is. */
import { join } from 'node:path';
import { type Child, startChild } from './children.js';
import type { Endpoint } from './probe.js';
import { untilReady } from './probe.js';
import { processTree } from './process-usage.js';
import type { SlowRounds } from './slow-work.js';

export interface Shape {
  processes: number;
  threads: number;
}

export interface Launch extends Shape {
  /** An empty directory of this trial's own, for the socket and the log. */
  dir: string;
  slowRounds: SlowRounds;
}

/** A command line that serves the hello application at an endpoint. */
export interface ServerCommand {
  command: readonly [string, ...string[]];
  endpoint: Endpoint;
  cwd?: string;
  env?: Record<string, string>;
}

export interface Contender {
  readonly name: string;
  /** As the tables call it. */
  readonly label: string;
  /** What later runs on other machines are compared by: it does not change when this server does. */
  readonly reference?: boolean;
  /** Why it cannot run here, or null. */
  unavailable(): string | null;
  prepare(launch: Launch): Promise<ServerCommand>;
}

export interface RunningServer {
  readonly contender: Contender;
  readonly endpoint: Endpoint;
  readonly command: readonly string[];
  /** Every process of it, now: master and workers. */
  pids(): number[];
  stop(): Promise<void>;
}

/** Spawned, not ready yet. */
export async function spawnContender(
  contender: Contender,
  launch: Launch,
): Promise<{ child: Child; endpoint: Endpoint }> {
  const { command, endpoint, cwd, env } = await contender.prepare(launch);
  const child = startChild(command, {
    name: contender.label,
    logFile: join(launch.dir, 'server.log'),
    ...(cwd !== undefined && { cwd }),
    ...(env !== undefined && { env }),
  });
  return { child, endpoint };
}

/** Returns once it has answered a request. */
export async function startContender(contender: Contender, launch: Launch): Promise<RunningServer> {
  const { child, endpoint } = await spawnContender(contender, launch);
  try {
    await untilReady(endpoint, child);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    contender,
    endpoint,
    command: child.command,
    pids: () => processTree(child.pid),
    stop: () => child.stop(),
  };
}

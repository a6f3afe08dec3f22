/** The processes that a benchmark starts: their logs, their ends. None outlives the run. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { errors } from './errors.js';
import { processTree } from './process-usage.js';

const STOP_TIMEOUT_MS = 5000;

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly command: readonly string[];
  /** How it ended, or null while it runs. */
  ended(): string | null;
  log(): string;
  /** SIGTERM; after 5 s SIGKILL, to its descendants too. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  name: string;
  logFile: string;
  cwd?: string;
  env?: Record<string, string>;
}

const living = new Set<ChildProcess>();

function killTree(pid: number): void {
  let pids = [pid];
  try {
    pids = processTree(pid);
  } catch {
    // Already gone.
  }
  for (const one of pids) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // Already gone.
    }
  }
}

/** Makes CTRL-C and every other end of this process the end of its children. */
export function endChildrenWithThisProcess(): void {
  process.on('exit', () => {
    for (const child of living) if (child.pid !== undefined) killTree(child.pid);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
}

async function stop(child: ChildProcess, pid: number, exited: Promise<unknown>): Promise<void> {
  if (!living.has(child)) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => killTree(pid), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

/** Runs a client to its end and returns what it printed. @throws BenchError when it fails. */
export async function runTool(file: string, args: readonly string[]): Promise<string> {
  const running = promisify(execFile)(file, args);
  living.add(running.child);
  try {
    return (await running).stdout;
  } catch (error) {
    const { message, stderr = '' } = error as Error & { stderr?: string };
    throw errors.toolFailed(`${file} ${args.join(' ')}`, message, stderr);
  } finally {
    living.delete(running.child);
  }
}

export function startChild(command: readonly [string, ...string[]], options: ChildOptions): Child {
  const [file, ...args] = command;
  const logFd = openSync(options.logFile, 'a');
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...environment(), ...options.env },
    stdio: ['ignore', logFd, logFd],
  });
  closeSync(logFd);
  let end: string | null = null;
  living.add(child);
  child.on('error', (error) => {
    end = error.message;
  });
  const exited = once(child, 'exit').then(
    ([code, signal]) => {
      end ??= signal ?? `code ${code}`;
      living.delete(child);
    },
    () => living.delete(child),
  );
  const log = () => readFileSync(options.logFile, 'utf8').split('\n').slice(-30).join('\n');
  if (child.pid === undefined) throw errors.exited(options.name, 'it cannot be started', file);
  const pid = child.pid;
  return { name: options.name, pid, command, ended: () => end, log, stop: () => stop(child, pid, exited) };
}

/**
 * The environment of the benchmark without what makes every start of Node read and parse all root certificates: that
 * would measure the machine's list of them, with a fifth of the time of each start.
 */
function environment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env;
  return rest;
}

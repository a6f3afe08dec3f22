/**
 * Starts the built command line (dist/cli.cjs) as users do, waits until it serves, and ends it.
 * Run `npm run build` before: these are tests of what is shipped.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onCleanUp } from './clean-up.js';
import { guardGroup } from './guard.js';
import { Lines } from './lines.js';

export const CLI = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url));

/** The line that says that every worker has loaded the application and accepts. */
export const READY = /^\*\*\* uwsgi-node is ready: /;

export interface ServerOptions {
  /** The arguments after `uwsgi-node`. */
  args: string[];
  /** Working directory; the test's own by default. */
  cwd?: string;
  /** Added to the environment of the test. */
  env?: Record<string, string | undefined>;
  uid?: number;
  gid?: number;
  /** What to run instead of `node dist/cli.cjs`: `['npx', 'uwsgi-node']`. */
  command?: [string, ...string[]];
  /** Wait for this line; `READY` by default. null: do not wait. */
  until?: RegExp | null;
  /** Milliseconds to wait for it; 15 000 by default. */
  timeout?: number;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class RunningServer {
  readonly pid: number;
  /** What it prints on stdout and stderr. */
  readonly lines: Lines;
  /** Resolves when the process has ended and its output is complete. */
  readonly exited: Promise<Exit>;
  readonly child: ChildProcess;
  #running = true;

  constructor(child: ChildProcess) {
    this.child = child;
    this.pid = child.pid!;
    this.lines = new Lines(child.stdout!, child.stderr!);
    this.exited = once(child, 'close').then(([code, signal]) => {
      this.#running = false;
      return { code, signal } as Exit;
    });
  }

  /** The addresses that were bound, in the order of the options: paths and `host:port`, ports resolved. */
  get addresses(): string[] {
    const bound = /^uwsgi socket \d+ bound to (?:UNIX|TCP) address (.*?)(?: \(port auto-assigned\))? fd \d+$/;
    return this.lines.all.flatMap((line) => bound.exec(line)?.[1] ?? []);
  }

  /** The first of `addresses`. */
  get address(): string {
    const first = this.addresses[0];
    if (first === undefined) throw new Error(`no socket was bound; printed:\n${this.lines.text}`);
    return first;
  }

  /** The direct children of the master: its workers, oldest first. */
  get workers(): number[] {
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'ascii');
    return children.split(' ').filter(Boolean).map(Number);
  }

  /**
   * Every process of the server that still runs: its process group, which all its descendants stay in. Zombies do not
   * count: whether they are reaped is the business of the machine's init once the master is gone.
   */
  get group(): number[] {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.map(Number).filter((pid) => {
      const [state, , group] = statOf(pid);
      return state !== undefined && state !== 'Z' && group === String(this.pid);
    });
  }

  /** Sends a signal to the started process alone; nothing happens when it has ended. */
  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends a signal to the started process and all its descendants, as a terminal does for CTRL-C. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Sends `signal` unless it has ended already, and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (this.#running) this.child.kill(signal);
    return this.exited;
  }

  /** Ends the whole process group at once, whatever state it is in. */
  async destroy(): Promise<void> {
    try {
      this.killGroup('SIGKILL');
    } catch {
      // Nobody is left in the group.
    }
    await this.exited;
  }
}

/** The fields of /proc/PID/stat after the name: state, parent, process group, …; none when there is no such process. */
export function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(') ') + 2).split(' ');
  } catch {
    return [];
  }
}

/**
 * Starts `uwsgi-node` in a process group of its own; `cleanUp()`, or the end of this process, ends the
 * group.
 * @throws Error with the output when it ends, or the time is over, before the awaited line.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const [file, ...first] = options.command ?? [process.execPath, CLI];
  const child = spawn(file, [...first, ...options.args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  await once(child, 'spawn');
  guardGroup(child);
  const server = new RunningServer(child);
  onCleanUp(() => server.destroy());
  const until = options.until === undefined ? READY : options.until;
  if (until !== null) {
    await server.lines.waitFor(until, { timeout: options.timeout ?? 15_000 });
  }
  return server;
}

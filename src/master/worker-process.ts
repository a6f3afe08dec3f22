/**
 * A worker process as the system knows it: started, spoken to, collected when it has ended. What a ChildProcess of Node does,
 * but started by posix_spawn(3), and without node:child_process and what that loads before the first worker boots. Runs in
 * the master; at the other end of the channel: src/worker/main.ts.
 */
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { Channel } from '../channel.js';
import type { MasterToWorker, WorkerToMaster } from '../messages.js';
import type { ChildStart, NativeSockets, NativeSupervision } from '../native.js';
import type { WorkerProcess } from './worker-handle.js';

/** The pieces of the addon this needs. */
export type Starter = Pick<NativeSupervision, 'startChild' | 'collectChild'> &
  Pick<NativeSockets, 'makeSocketPair' | 'closeFd'>;

/** What stands in the place of the channel among the descriptors of a child. */
export const CHANNEL = -2;

/** setTimeout takes no more. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** All that run. */
const running = new Set<StartedWorker>();
const collect = () => {
  for (const worker of running) worker.collect();
};

/** Emits what `WorkerProcess` names. */
export class StartedWorker extends EventEmitter implements WorkerProcess {
  readonly pid: number;
  readonly #native: Starter;
  readonly #channelFd: number;
  /** A process that has something to wait for does not end, and a signal is nothing. */
  readonly #wait = setInterval(() => {}, LONGEST_TIMER);
  #channel: Channel<MasterToWorker, WorkerToMaster> | null = null;
  #end: [code: number | null, signal: NodeJS.Signals | null] | null = null;
  #isChannelClosed = false;

  /** @throws Error when it cannot be started */
  constructor(native: Starter, start: ChildStart) {
    super();
    this.#native = native;
    if (process.listenerCount('SIGCHLD', collect) === 0) process.on('SIGCHLD', collect);
    const [ours, theirs] = native.makeSocketPair();
    this.#channelFd = ours;
    try {
      const descriptors = start.descriptors.map((fd) => (fd === CHANNEL ? theirs : fd));
      this.pid = native.startChild({ ...start, descriptors });
    } catch (error) {
      native.closeFd(ours);
      clearInterval(this.#wait);
      throw error;
    } finally {
      native.closeFd(theirs);
    }
    running.add(this);
    setImmediate(() => this.#open());
  }

  send(message: MasterToWorker, done: (error: Error | null) => void): boolean {
    return this.#open().send(message, done);
  }

  kill(signal: NodeJS.Signals): boolean {
    // Until it is collected, nobody else has its pid.
    if (this.#end !== null) return false;
    try {
      return process.kill(this.pid, signal);
    } catch {
      return false;
    }
  }

  /** To be called when a child may have ended. */
  collect(): void {
    const end = this.#native.collectChild(this.pid);
    if (end === null) return;
    running.delete(this);
    clearInterval(this.#wait);
    this.#end = [end.code, nameOf(end.signal)];
    this.emit('exit', ...this.#end);
    this.#closeIfDone();
  }

  /** Not before the worker boots, which goes on while node:net is loaded. */
  #open(): Channel<MasterToWorker, WorkerToMaster> {
    if (this.#channel !== null) return this.#channel;
    this.#channel = new Channel(new Socket({ fd: this.#channelFd }));
    this.#channel.onMessage((message) => this.emit('message', message));
    this.#channel.onClose(() => {
      this.#isChannelClosed = true;
      this.#closeIfDone();
    });
    return this.#channel;
  }

  #closeIfDone(): void {
    if (this.#end !== null && this.#isChannelClosed) this.emit('close', ...this.#end);
  }
}

function nameOf(signal: number | null): NodeJS.Signals | null {
  const known = Object.entries(constants.signals).find(([, number]) => number === signal);
  return known === undefined ? null : (known[0] as NodeJS.Signals);
}

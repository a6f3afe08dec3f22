/**
 * Which worker debuggers may connect to: one that has the number of `inspect-worker`. While an old and a new one live side
 * by side the port is the old one's; the new one is told to take it when the old one has gone. Runs in the master.
 */
import type { Settings } from '../config/settings.js';

/** The piece of a worker handle that is used. */
export interface Debuggable {
  readonly id: number;
  readonly state: string;
  takeDebugPort(): void;
}

/** Whether debuggers may ever connect to it: a thread at a breakpoint is not one that hangs, so harakiri is off there. */
export const isDebuggable = ({ inspect, inspectWorker }: Settings, id: number): boolean =>
  inspect !== null && inspectWorker === id;

export class Debugged {
  #holder: Debuggable | null = null;

  /** Whether a worker that is about to start may have the port at once. */
  isFree(settings: Settings, id: number): boolean {
    return isDebuggable(settings, id) && this.#holder === null;
  }

  /** This worker has it. */
  hold(worker: Debuggable): void {
    this.#holder = worker;
  }

  /** To be called when a worker has gone. @param heirs who may have the port after it; the first that lives gets it */
  release(worker: Debuggable, settings: Settings, heirs: readonly (Debuggable | null | undefined)[]): void {
    if (worker !== this.#holder) return;
    this.#holder = null;
    const heir = heirs.find((each) => each != null && each !== worker && each.state !== 'gone');
    if (heir == null || !isDebuggable(settings, heir.id)) return;
    this.#holder = heir;
    heir.takeDebugPort();
  }
}

/** What harakiri says in the log, with uWSGI's words where it has them. */
import type { RequestNote } from '../stats/core-score.js';
import { escapeControls } from './escape.js';

/** A core that has a request. */
export interface BusyCore {
  core: number;
  /** The request it got last. */
  note: RequestNote;
  /** Milliseconds since then. */
  age: number;
}

function requestOf({ core, note, age }: BusyCore): string {
  const since = Math.floor((Date.now() - age) / 1000);
  return `[core ${core}] ${escapeControls(`${note.address} - ${note.method} ${note.uri}`)} since ${since}`;
}

/** The first lines of a thread that hangs, as uWSGI's master writes them. */
export function stuckLines(id: number, pid: number, core: number, busy: readonly BusyCore[]): string[] {
  return [
    `*** HARAKIRI ON WORKER ${id} (pid: ${pid}, try: 1, graceful: no) ***`,
    `HARAKIRI !!! worker ${id} status !!!`,
    ...busy.map((request) => `HARAKIRI ${requestOf(request)}`),
    `HARAKIRI !!! end of worker ${id} status !!!`,
    `HARAKIRI triggered by worker ${id} core ${core} !!!`,
  ];
}

export const harakiri = {
  stack: (core: number, frames: readonly string[]) => [
    `the JavaScript stack in which core ${core} hangs:`,
    ...frames.map((frame) => `    at ${frame}`),
  ],
  noStack: (core: number) =>
    `core ${core} hangs in native code: its JavaScript stack cannot be looked at (harakiri-verbose shows the system call)`,
  kernel: (what: string, text: string) => `HARAKIRI: -- ${what}> ${text}`,
  cameBack: (core: number) => `core ${core} came to life again while it was looked at; nothing was done`,
  /** The thread's loop turns: only the request is ended. */
  waited: (request: BusyCore, isBegun: boolean) =>
    `HARAKIRI ${requestOf(request)}: no response after ${Math.round(request.age / 1000)} seconds...` +
    `${isBegun ? 'connection reset' : '504'}; the thread goes on (option harakiri)`,
  /** A request of a thread that is being ended. */
  unanswered: (note: RequestNote, status: number) =>
    `${escapeControls(`${note.method} ${note.uri}`)} the thread ended with this request unanswered...${status}`,
  process: (core: number, id: number, pid: number, why: string) =>
    `core ${core} of worker ${id} cannot be ended by itself (${why}): killing the process (pid: ${pid})`,
  /** The master, in place of a control thread that does not answer. */
  noControl: (id: number, pid: number) =>
    `worker ${id} (pid: ${pid}) does nothing about it by itself...NO MERCY !!!`,
};

/** Where a JS thread is, in words. */

export const traceback = {
  frames: (frames: readonly string[]) => frames.map((frame) => `    at ${frame}`),
  idle: '    no JavaScript runs: the thread waits in its event loop',
  native: '    the thread does not answer: it is in native code, whose JavaScript stack cannot be looked at',
  kernel: (what: string, text: string) => `    ${what}: ${text}`,
  closed: '    the thread cannot be looked into: it has just ended, or this Node has no inspector',
  loading: '    the application is being loaded',
  /** Instead of all threads of a worker. */
  gone: (id: number, pid: number) => `worker ${id} (pid: ${pid}) ended before it answered`,
  silent: (id: number, pid: number) =>
    `worker ${id} (pid: ${pid}) does not answer: its control thread hangs, or the process is paused`,
  nobody: 'no worker runs',
};

/** What is said of CPU profiles and heap snapshots. */

const names = { profile: 'CPU profile', heap: 'heap snapshot' };
type Kind = keyof typeof names;

export const profileLines = {
  begun: (kind: Kind, worker: number, core: number, seconds: number | null) =>
    `taking a ${names[kind]} of worker ${worker} core ${core}${seconds === null ? '' : `, for ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`}`,
  written: (kind: Kind, file: string, bytes: number) => `${names[kind]} written to ${file} (${bytes} bytes)`,
  failed: (kind: Kind, problem: string) => `no ${names[kind]}: ${problem}`,
  noAnswer: 'the thread does not answer (it is in native code), or has ended meanwhile',
  exists: (file: string) => `there is a file already: ${file}`,
  workerGone: 'the worker has ended meanwhile',
  noWorker: (worker: number) => `worker ${worker} does not run`,
  noCore: (worker: number, core: number) => `worker ${worker} has no core ${core}, or it has just ended`,
  busy: 'another profile or heap snapshot is being taken; one at a time',
};

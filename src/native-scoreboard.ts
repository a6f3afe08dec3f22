/** What the addon has of the scoreboard (native/core/scoreboard.h): the numbers of its rows, and who writes and reads them. */

/** Numbers of a row of the scoreboard, in what `readScore` fills (native/core/scoreboard.h, ScoreRow). */
export const Score = {
  /** Handed to the application. */
  requests: 0,
  finished: 1,
  /** Of responses, heads and bodies. */
  bytes: 2,
  /** Microseconds that the finished requests took, added up. */
  runningTime: 3,
  /** Milliseconds since the last request was handed over. */
  age: 4,
  /** The application threw. */
  exceptions: 5,
  /** The peer ended, or stalled, inside a request. */
  readErrors: 6,
  /** It left, or stalled, inside a response. */
  writeErrors: 7,
  harakiris: 8,
  /** Thousandths of the last second that the thread was at work. */
  load: 9,
  /** Milliseconds of `monotonic()` at which the thread is stuck if it has told no other until then; 0: none. */
  deadline: 10,
  /** Of the same clock: when the control thread of its worker last looked. */
  watched: 11,
  /** The kernel's number of the thread. */
  kernelId: 12,
  /** Of the array. */
  length: 13,
} as const;

/** Numbers in what `readMeters` fills (native/core/meters.h). */
export const Meter = {
  /** Responses by the first digit of their status, six of them; the first one: requests without a response. */
  statuses: 0,
  /** Of threads that have had the row. */
  starts: 6,
  /** Milliseconds since the thread told the six numbers of `tellVitals`, which follow; -1: never. */
  vitalsAge: 7,
  vitals: 8,
  /** Finished requests by what they took, 208 buckets (src/stats/latency.ts). */
  latency: 14,
  /** Of the array. */
  length: 222,
} as const;

/** Numbers in what `tellVitals` takes. */
export const Vital = {
  /** Microseconds, mean and worst in a second. */
  loopDelay: 0,
  loopDelayMax: 1,
  /** Bytes. */
  heapUsed: 2,
  heapTotal: 3,
  external: 4,
  /** Milliseconds that the oldest open request has been open, if that is a second or more; 0: there is none. */
  oldest: 5,
  /** Of the array. */
  length: 6,
} as const;

/** The scoreboard: what every JS thread of the server does, in memory shared by master and workers. */
export interface NativeScoreboard {
  /** Makes it. Returns a descriptor that workers inherit. @throws Error where the kernel has no memfd. */
  createScoreboard(rows: number): number;
  /** Maps it for this process; once. */
  mapScoreboard(fd: number, rows: number): void;
  /** The calling thread writes this row from here on. */
  keepScore(row: number): void;
  /**
   * A request is handed to the application, which came by other ways than the engine.
   * @param note latin-1: method, peer's address and URI, with NUL between them
   * @returns when, for `endRequest`
   */
  beginRequest(note: string): number;
  /**
   * Its response is over.
   * @param bytes of it
   * @param status its status code; 0 without a response
   * @returns its number in the whole instance; 0 without `keepScore`
   */
  endRequest(bytes: number, began: number, status: number): number;
  /** The application threw. */
  countException(): void;
  /** What the indices in `Score` say, of any thread's row. */
  readScore(row: number, into: Float64Array): void;
  /** What threads have been handed together, from their first row on. */
  requestsOf(first: number, count: number): number;
  /** What the indices in `Meter` say, of any thread's row. */
  readMeters(row: number, into: Float64Array): void;
  /** The calling thread tells of itself what the indices in `Vital` say. @param oldest note of that request, or '' */
  tellVitals(numbers: Float64Array, oldest: string): void;
  /** That note, of any thread's row. */
  readOldest(row: number): string;
  /** The request that was handed over last: method, peer's address and URI, with NUL between them; '' without one. */
  readNote(row: number): string;
  /** A request of that thread was ended by harakiri. */
  countHarakiri(row: number): void;
  /** How many thousandths of the last second that thread was at work. */
  reportLoad(row: number, thousandths: number): void;
  /** A request of the calling thread was. */
  countOwnHarakiri(): void;
  /** The control thread has looked after that thread just now. */
  setWatched(row: number): void;
  /** That thread has ended. */
  forgetDeadlines(row: number): void;
  /** CLOCK_MONOTONIC, milliseconds. */
  monotonic(): number;
  /** When the calling thread is stuck with a request that the engine knows nothing of, from now on; 0: never. */
  setFrontDeadline(milliseconds: number): void;
  /** Whether requests may take longer than `harakiri` for now, in the whole instance. */
  restHarakiri(rests: boolean): void;
  harakiriRests(): boolean;
  clearScores(first: number, count: number): void;
  /** The number, in the whole instance, of the request that the calling thread has finished last. */
  latestRequest(): number;
  /** Finished requests of the whole instance since its start. */
  totalRequests(): number;
}

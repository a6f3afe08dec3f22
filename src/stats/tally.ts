/** What was done, in numbers that only grow. They add up: threads to a worker, workers to the instance. */
import { Meter, type NativeScoreboard, Vital } from '../native-scoreboard.js';
import type { CoreScore } from './core-score.js';
import { BUCKETS } from './latency.js';
import type { Vitals } from './vitals.js';

/** What a thread's row counts, without what it does now. */
type Counted = Omit<CoreScore, 'requests' | 'open' | 'age' | 'load'>;

export interface Tally extends Counted {
  /** Threads that were started in the place of others. */
  restarts: number;
  /** Responses by the first digit of their status, at 1 to 5; at 0 requests that ended without a response. */
  statuses: Float64Array;
  /** Finished requests by what they took (latency.ts). */
  latency: Float64Array;
}

const STATUSES = Meter.starts - Meter.statuses;

export type MeterReader = Pick<NativeScoreboard, 'readMeters'>;

const meters = new Float64Array(Meter.length);

/** What the thread of a row has counted; `score` is what has been read of it already. */
export function readTally(reader: MeterReader, row: number, score: CoreScore): Tally {
  reader.readMeters(row, meters);
  const { requests: _, open: __, age: ___, load: ____, ...counted } = score;
  return {
    ...counted,
    restarts: Math.max(0, meters[Meter.starts]! - 1),
    statuses: meters.slice(Meter.statuses, Meter.statuses + STATUSES),
    latency: meters.slice(Meter.latency, Meter.latency + BUCKETS),
  };
}

/** What the thread of a row last told of itself; null: nothing yet. */
export function readVitals(reader: MeterReader, row: number): Vitals | null {
  reader.readMeters(row, meters);
  const at = (index: number) => meters[Meter.vitals + index]!;
  const age = meters[Meter.vitalsAge]!;
  if (age < 0) return null;
  return {
    age,
    loopDelay: at(Vital.loopDelay),
    loopDelayMax: at(Vital.loopDelayMax),
    heapUsed: at(Vital.heapUsed),
    heapTotal: at(Vital.heapTotal),
    external: at(Vital.external),
    oldest: at(Vital.oldest) === 0 ? null : at(Vital.oldest) + age,
  };
}

export function emptyTally(): Tally {
  return {
    finished: 0,
    bytes: 0,
    runningTime: 0,
    exceptions: 0,
    readErrors: 0,
    writeErrors: 0,
    harakiris: 0,
    restarts: 0,
    statuses: new Float64Array(STATUSES),
    latency: new Float64Array(BUCKETS),
  };
}

/** Adds `more` to `sum`. */
export function addTally(sum: Tally, more: Tally): void {
  sum.finished += more.finished;
  sum.bytes += more.bytes;
  sum.runningTime += more.runningTime;
  sum.exceptions += more.exceptions;
  sum.readErrors += more.readErrors;
  sum.writeErrors += more.writeErrors;
  sum.harakiris += more.harakiris;
  sum.restarts += more.restarts;
  more.statuses.forEach((count, digit) => {
    sum.statuses[digit]! += count;
  });
  more.latency.forEach((count, bucket) => {
    sum.latency[bucket]! += count;
  });
}

/**
 * Tells the scoreboard once a second how late the event loop of this thread is, how much heap it has, and which request has
 * been open longest. A thread that is stuck tells nothing, which tells enough.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { type NativeScoreboard, Vital } from '../native-scoreboard.js';
import { noteText } from '../stats/core-score.js';
import type { Environ } from '../wsgi/types.js';
import { noteOf } from './environ-notes.js';

/** Between two reports, milliseconds. */
const INTERVAL = 1000;
/** Between two looks at the clock, milliseconds: the delay is what is beyond them. */
const RESOLUTION = 20;

export function tellVitals(
  scoreboard: Pick<NativeScoreboard, 'tellVitals'>,
  requests: { open(): Environ[] },
): void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
  delays.enable();
  const numbers = new Float64Array(Vital.length);
  const oldest = new OldestRequest();
  const lateness = (nanoseconds: number) => Math.max(0, nanoseconds / 1000 - RESOLUTION * 1000);
  const tell = () => {
    const { used_heap_size, total_heap_size, external_memory } = getHeapStatistics();
    // Without a single look there is no mean.
    numbers[Vital.loopDelay] = delays.count === 0 ? 0 : lateness(delays.mean);
    numbers[Vital.loopDelayMax] = delays.count === 0 ? 0 : lateness(delays.max);
    numbers[Vital.heapUsed] = used_heap_size;
    numbers[Vital.heapTotal] = total_heap_size;
    numbers[Vital.external] = external_memory;
    delays.reset();
    const found = oldest.among(requests.open(), performance.now());
    numbers[Vital.oldest] = found?.age ?? 0;
    scoreboard.tellVitals(numbers, found === null ? '' : noteText(noteOf(found.environ)));
  };
  tell();
  setInterval(tell, INTERVAL).unref();
}

/** Which request has been open longest. No request pays for it: who is still there at the next look has been open since. */
export class OldestRequest {
  /** Milliseconds, as of the look at which a request was first seen. */
  #seen = new Map<Environ, number>();

  /** Null while none has been seen before. */
  among(open: readonly Environ[], now: number): { environ: Environ; age: number } | null {
    const seen = new Map(open.map((environ) => [environ, this.#seen.get(environ) ?? now]));
    this.#seen = seen;
    let oldest: { environ: Environ; age: number } | null = null;
    for (const [environ, since] of seen) {
      const age = Math.round(now - since);
      if (age > (oldest?.age ?? 0)) oldest = { environ, age };
    }
    return oldest;
  }
}

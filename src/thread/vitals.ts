/**
 * Tells the scoreboard once a second how late the event loop of this thread is and how much heap it has. A thread that is
 * stuck tells nothing, which tells enough.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { type NativeScoreboard, Vital } from '../native.js';

/** Between two reports, milliseconds. */
const INTERVAL = 1000;
/** Between two looks at the clock, milliseconds: the delay is what is beyond them. */
const RESOLUTION = 20;

export function tellVitals(scoreboard: Pick<NativeScoreboard, 'tellVitals'>): void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
  delays.enable();
  const numbers = new Float64Array(Vital.length);
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
    scoreboard.tellVitals(numbers);
  };
  tell();
  setInterval(tell, INTERVAL).unref();
}

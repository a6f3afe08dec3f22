/** `+` and `-` on the master fifo: one worker more or less than now. */
import { cheaper } from '../log/cheaper.js';
import { type Cheapable, mostDispensable } from './cheaper.js';
import { type Crew, spawnedLines } from './crew.js';

/**
 * Never takes the last worker. Under `cheaper` within its bounds and until the algorithm decides otherwise, else until the
 * next reload.
 * @param working who works; null while it is not the time to let somebody go.
 * @returns lines for the log.
 */
export function resize(crew: Crew, by: 1 | -1, working: readonly Cheapable[] | null): string[] {
  const { settings } = crew.life;
  if (by > 0 && crew.wake(1) > 0) return [];
  if (settings.cheaper > 0) {
    if (by > 0) return [cheaper.full(settings.processes)];
    const goes = working !== null && working.length > 1 ? crew.slotOf(mostDispensable(working)) : undefined;
    if (goes !== undefined) crew.cheapen(goes);
    return [];
  }
  const processes = settings.processes + by;
  if (processes < 1) return [];
  crew.life = { ...crew.life, settings: { ...settings, processes } };
  if (by < 0) {
    for (const worker of crew.shrink()) crew.retire(worker);
    return [];
  }
  crew.grow(processes);
  return spawnedLines([crew.spawn(crew.slots.at(-1)!)], true, settings.threads);
}

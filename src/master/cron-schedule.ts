/** When commands of `cron` are due. Minutes are counted from the epoch: those of local time may come twice, or never. */
import type { CronTimes } from '../config/cron-spec.js';

const MINUTE = 60_000;

/** @param minute whole minutes since the epoch */
export function isDue({ minute, hour, day, month, week }: CronTimes, at: number): boolean {
  const date = new Date(at * MINUTE);
  return (
    matches(minute, date.getMinutes()) &&
    matches(hour, date.getHours()) &&
    matches(month, date.getMonth() + 1) &&
    isDay(day, date.getDate(), week === 7 ? 0 : week, date.getDay())
  );
}

const matches = (wanted: number, value: number) => wanted === value || (wanted < 0 && value % wanted === 0);

/** crontab(5), and uWSGI: where both are plain numbers, one of them is enough. */
function isDay(day: number, today: number, week: number, weekday: number): boolean {
  const isOneEnough = day >= 0 && week >= 0;
  return isOneEnough ? today === day || weekday === week : matches(day, today) && matches(week, weekday);
}

/** A clock that differs by more than this from what is expected is another clock; minutes. */
const HOUR = 60;

/**
 * Tells every minute once. Those that passed unseen (a machine that slept, a clock that was set forward) are told late, those
 * that come again (a clock that was set back) are not told again. Where that is more than an hour, it begins anew.
 */
export class Minutes {
  /** The last one that was told. */
  #last: number;

  constructor(last: number) {
    this.#last = last;
  }

  get last(): number {
    return this.#last;
  }

  /** @param now unix milliseconds */
  static before(now: number): Minutes {
    return new Minutes(minuteOf(now) - 1);
  }

  /** The minutes that have begun since the last call. */
  begun(now: number): number[] {
    const minute = minuteOf(now);
    const passed = minute - this.#last;
    if (passed <= 0 && passed >= -HOUR) return [];
    this.#last = minute;
    const count = Math.abs(passed) > HOUR ? 1 : passed;
    return Array.from({ length: count }, (_, index) => minute - count + 1 + index);
  }
}

/** Milliseconds until the next minute begins. */
export const untilNext = (now: number): number => MINUTE - (now % MINUTE);

const minuteOf = (now: number) => Math.floor(now / MINUTE);

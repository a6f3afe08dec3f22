import { describe, expect, it } from 'vitest';
import { parseCron } from '../../../src/config/cron-spec.js';
import { isDue, Minutes, untilNext } from '../../../src/master/cron-schedule.js';

const minuteAt = (...local: [number, number, number, number, number]) =>
  Math.floor(new Date(...local).getTime() / 60_000);
/** Thursday, 26 November 2026, 12:14 local time. */
const thursday = minuteAt(2026, 10, 26, 12, 14);
/** Sunday, 29 November 2026, 00:00. */
const sunday = minuteAt(2026, 10, 29, 0, 0);

const due = (fields: string, minute: number) => isDue(parseCron(`${fields} x`, false).setting!, minute);

// As uWSGI 2.0.21 does it, which runs on its start what is due in that minute.
describe('a command is due', () => {
  it.each([
    '-1 -1 -1 -1 -1',
    '-2 -1 -1 -1 -1',
    '14 -1 -1 -1 -1',
    '-14 -1 -1 -1 -1',
    '-1 12 -1 -1 -1',
    '-1 -4 -1 -1 -1',
    '-1 -1 26 -1 -1',
    '-1 -1 -13 -1 -1',
    '-1 -1 -1 11 -1',
    '-1 -1 -1 -11 -1',
    '-1 -1 -1 -1 4',
    '-1 -1 -1 -1 -2',
    '-1 -1 26 -1 3',
    '-1 -1 25 -1 4',
  ])('%s', (fields) => expect(due(fields, thursday)).toBe(true));

  it.each([
    '0 -1 -1 -1 -1',
    '-15 -1 -1 -1 -1',
    '-60 -1 -1 -1 -1',
    '-1 -5 -1 -1 -1',
    '-1 -24 -1 -1 -1',
    '-1 -1 -5 -1 -1',
    '-1 -1 -1 10 -1',
    '-1 -1 -1 -2 -1',
    '-1 -1 -1 -1 3',
    '-1 -1 -1 -1 -3',
    '-1 -1 25 -1 3',
    '-1 -1 -25 -1 4',
    '-1 -1 26 -1 -3',
    '-1 -1 5 -1 -2',
  ])('not: %s', (fields) => expect(due(fields, thursday)).toBe(false));

  it('at midnight, and on Sunday by both of its numbers', () => {
    for (const fields of [
      '0 0 -1 -1 -1',
      '-60 -24 -1 -1 -1',
      '-1 -1 -1 -1 0',
      '-1 -1 -1 -1 7',
      '-1 -1 -1 -1 -7',
    ]) {
      expect(due(fields, sunday)).toBe(true);
    }
    expect(due('-1 -1 -1 -1 6', sunday)).toBe(false);
  });
});

it('where the clock is put forward a time is left out, where it is put back it comes twice', () => {
  const { TZ } = process.env;
  process.env.TZ = 'Europe/Berlin';
  try {
    const runs = (month: number, day: number) => {
      const begin = minuteAt(2026, month - 1, day, 0, 0);
      const minutes = Array.from({ length: 24 * 60 }, (_, index) => begin + index);
      const found = minutes.filter((minute) => due('30 2 -1 -1 -1', minute));
      return found.map((minute) => new Date(minute * 60_000).toISOString());
    };
    expect(runs(3, 28)).toEqual(['2026-03-28T01:30:00.000Z']);
    expect(runs(3, 29)).toEqual([]);
    expect(runs(10, 25)).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']);
  } finally {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  }
});

describe('minutes', () => {
  const at = (minute: number, seconds = 0) => minute * 60_000 + seconds * 1_000;
  const start = () => {
    const minutes = Minutes.before(at(1000, 30));
    expect(minutes.begun(at(1000, 30))).toEqual([1000]);
    return minutes;
  };

  it('are told once each, the one that has begun at the start too', () => {
    const minutes = start();
    expect(minutes.begun(at(1000, 59))).toEqual([]);
    expect(minutes.begun(at(1001))).toEqual([1001]);
    expect(minutes.begun(at(1001, 1))).toEqual([]);
    expect(minutes.last).toBe(1001);
  });

  it('are told late when they have passed unseen, up to an hour', () => {
    expect(start().begun(at(1003))).toEqual([1001, 1002, 1003]);
    expect(start().begun(at(1060))).toHaveLength(60);
    expect(start().begun(at(1061))).toEqual([1061]);
  });

  it('are not told again when the clock goes back, up to an hour', () => {
    const minutes = start();
    expect(minutes.begun(at(940))).toEqual([]);
    expect(minutes.begun(at(1000))).toEqual([]);
    expect(minutes.begun(at(1001))).toEqual([1001]);
    expect(start().begun(at(939))).toEqual([939]);
  });

  it('begin where the program before has stopped', () => {
    expect(new Minutes(1000).begun(at(1000, 20))).toEqual([]);
    expect(new Minutes(999).begun(at(1001, 20))).toEqual([1000, 1001]);
  });

  it('are waited for to the millisecond', () => {
    expect(untilNext(at(7))).toBe(60_000);
    expect(untilNext(at(7, 59) + 999)).toBe(1);
  });
});

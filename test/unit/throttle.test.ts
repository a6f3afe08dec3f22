import { describe, expect, it } from 'vitest';
import { FIRST_DELAY, LONGEST_DELAY, Throttle, YOUNG } from '../../src/throttle.js';

describe('Throttle', () => {
  it('replaces the first dead at once', () => {
    expect(new Throttle().delayAfter(null)).toBe(0);
    expect(new Throttle().delayAfter(10)).toBe(0);
  });

  it('doubles the delay with every young death in a row', () => {
    const throttle = new Throttle();
    const delays = Array.from({ length: 5 }, () => throttle.delayAfter(YOUNG - 1));
    expect(delays).toEqual([0, FIRST_DELAY, 2 * FIRST_DELAY, 4 * FIRST_DELAY, 8 * FIRST_DELAY]);
  });

  it('counts a life that never became ready as a young one', () => {
    const throttle = new Throttle();
    throttle.delayAfter(null);
    expect(throttle.delayAfter(null)).toBe(FIRST_DELAY);
  });

  it('never waits longer than the longest delay', () => {
    const throttle = new Throttle();
    const delays = Array.from({ length: 100 }, () => throttle.delayAfter(0));
    expect(Math.max(...delays)).toBe(LONGEST_DELAY);
    expect(delays.at(-1)).toBe(LONGEST_DELAY);
  });

  it('forgets after a long life', () => {
    const throttle = new Throttle();
    for (let deaths = 0; deaths < 5; deaths += 1) throttle.delayAfter(0);
    expect(throttle.delayAfter(YOUNG)).toBe(0);
    expect(throttle.delayAfter(0)).toBe(0);
    expect(throttle.delayAfter(0)).toBe(FIRST_DELAY);
  });
});

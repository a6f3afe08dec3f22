import { describe, expect, it } from 'vitest';
import {
  BUCKETS,
  countOf,
  fromPairs,
  quantile,
  since,
  toPairs,
  upperBound,
} from '../../../src/stats/latency.js';

const histogram = (counts: Record<number, number>) => {
  const made = new Float64Array(BUCKETS);
  for (const [bucket, count] of Object.entries(counts)) made[Number(bucket)] = count;
  return made;
};

describe('the bounds', () => {
  it('are what the native side counts by', () => {
    expect([0, 7, 8, 15, 16, 17, 63, 64, 207].map(upperBound)).toEqual([
      1, 8, 9, 16, 18, 20, 1024, 1152, 268_435_456,
    ]);
  });

  it('rise, by no more than an eighth of what is below', () => {
    for (let bucket = 8; bucket < BUCKETS; bucket++) {
      const [lower, upper] = [upperBound(bucket - 1), upperBound(bucket)];
      expect(upper).toBeGreaterThan(lower);
      expect((upper - lower) * 8).toBeLessThanOrEqual(lower);
    }
  });
});

describe('quantile', () => {
  it('is unknown without requests', () => {
    expect(quantile(histogram({}), 0.5)).toBe(null);
  });

  it('lies in the bucket of the request that it is about', () => {
    const all = histogram({ 64: 90, 100: 9, 200: 1 });
    expect(quantile(all, 0.5)).toBeGreaterThan(1024);
    expect(quantile(all, 0.9)).toBe(1152);
    expect(quantile(all, 0.99)).toBe(upperBound(100));
    expect(quantile(all, 1)).toBe(upperBound(200));
  });
});

it('two histograms tell what happened between them', () => {
  const between = since(histogram({ 3: 5, 9: 1 }), histogram({ 3: 7, 9: 1, 10: 4 }));
  expect(toPairs(between)).toEqual([
    [4, 2],
    [upperBound(10), 4],
  ]);
  expect(countOf(between)).toBe(6);
});

it('survives JSON', () => {
  const all = histogram({ 0: 1, 64: 2, 207: 3 });
  expect(fromPairs(JSON.parse(JSON.stringify(toPairs(all))))).toEqual(all);
});

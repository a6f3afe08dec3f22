/**
 * Histograms of what requests took, in microseconds: eight buckets for every doubling, so that a bucket is never wider
 * than an eighth of what is in it. The native side counts (native/core/meters.h); this side reads.
 */

/** Beyond the last one, at 268 seconds, everything is in the last one. */
export const BUCKETS = 208;

const PER_DOUBLING = 8;

/** The first microsecond that is beyond the bucket. */
export function upperBound(bucket: number): number {
  if (bucket < PER_DOUBLING) return bucket + 1;
  const octave = Math.floor(bucket / PER_DOUBLING) - 1;
  return (PER_DOUBLING + (bucket % PER_DOUBLING) + 1) * 2 ** octave;
}

const lowerBound = (bucket: number) => (bucket === 0 ? 0 : upperBound(bucket - 1));

export function countOf(histogram: Float64Array): number {
  let count = 0;
  for (const each of histogram) count += each;
  return count;
}

/**
 * The time, in microseconds, that `share` of the requests did not exceed; evenly spread within a bucket.
 * @param share 0 to 1
 * @returns null without requests
 */
export function quantile(histogram: Float64Array, share: number): number | null {
  const count = countOf(histogram);
  if (count === 0) return null;
  let left = share * count;
  let last = 0;
  for (let bucket = 0; bucket < histogram.length; bucket++) {
    const inside = histogram[bucket]!;
    if (inside === 0) continue;
    last = bucket;
    if (left <= inside) {
      const lower = lowerBound(bucket);
      return Math.round(lower + ((upperBound(bucket) - lower) * left) / inside);
    }
    left -= inside;
  }
  return upperBound(last);
}

/** What has been added since `before`, of a histogram that only grows. */
export function since(before: Float64Array, now: Float64Array): Float64Array {
  return now.map((count, bucket) => Math.max(0, count - (before[bucket] ?? 0)));
}

/** Upper bound, in microseconds, and count of every bucket that has something: for JSON. */
export function toPairs(histogram: Float64Array): [number, number][] {
  return Array.from(histogram, (count, bucket): [number, number] => [upperBound(bucket), count]).filter(
    ([, count]) => count > 0,
  );
}

export function fromPairs(pairs: readonly (readonly [number, number])[]): Float64Array {
  const histogram = new Float64Array(BUCKETS);
  const known = new Map(pairs);
  for (let bucket = 0; bucket < BUCKETS; bucket++) histogram[bucket] = known.get(upperBound(bucket)) ?? 0;
  return histogram;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * The median of the ratios round by round: the two values of one round were measured seconds apart, so that a machine
 * that gets slower in the course of a run slows both.
 */
export function pairedRatio(values: readonly number[], against: readonly number[]): number {
  return median(values.map((value, round) => value / against[round]!));
}

/** The ratio of what both did in the whole run. */
export function summedRatio(values: readonly number[], against: readonly number[]): number {
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
  return sum(values) / sum(against);
}

/** Theil-Sen: the median of the slopes between all pairs of points; one odd point does not move it. */
export function slope(points: readonly { x: number; y: number }[]): number {
  const slopes = points.flatMap((a, i) => points.slice(i + 1).map((b) => (b.y - a.y) / (b.x - a.x)));
  return median(slopes);
}

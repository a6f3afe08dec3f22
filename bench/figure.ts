/** A figure: one number of one case, what it is held against, and whether it reaches its target. */
import { median, pairedRatio } from './statistics.js';

export interface Target {
  /** The figure must not be larger, or not smaller, than the limit. */
  kind: 'at most' | 'at least';
  limit: number;
}

export interface Series {
  /** As the table calls it. */
  label: string;
  /** Of a contender that later runs are compared by. */
  reference?: boolean;
  /** One value per round or slice. */
  values: number[];
}

export interface Figure {
  title: string;
  unit: string;
  ours: Series;
  /** Null where the target is for the value itself. */
  against: Series | null;
  /** The paired ratio, or the value itself. Null when a contender could not run here. */
  result: number | null;
  target: Target | null;
  met: boolean | null;
}

export const atMost = (limit: number): Target => ({ kind: 'at most', limit });
export const atLeast = (limit: number): Target => ({ kind: 'at least', limit });

function judge(result: number | null, target: Target | null): boolean | null {
  if (result === null || target === null) return null;
  return target.kind === 'at most' ? result <= target.limit : result >= target.limit;
}

export function ratioFigure(
  title: string,
  unit: string,
  ours: Series,
  against: Series,
  target: Target | null = null,
  ratio: (ours: readonly number[], against: readonly number[]) => number = pairedRatio,
): Figure {
  const complete = ours.values.length > 0 && against.values.length > 0;
  const result = complete ? ratio(ours.values, against.values) : null;
  return { title, unit, ours, against, result, target, met: judge(result, target) };
}

/** `pick` makes one number of the rounds: the median, or the worst. */
export function valueFigure(
  title: string,
  unit: string,
  ours: Series,
  target: Target | null = null,
  pick: (values: readonly number[]) => number = median,
): Figure {
  const result = ours.values.length > 0 ? pick(ours.values) : null;
  return { title, unit, ours, against: null, result, target, met: judge(result, target) };
}

/**
 * Whether requests have become dearer. Microseconds of two machines cannot be compared, and hardly those of two days; what
 * is held against the committed figures is therefore the ratio to a server that does not change (the C++ floors, bare
 * uWebSockets.js) and was measured in the same run.
 */
import { readFileSync } from 'node:fs';
import type { Figure } from './figure.js';

/** What two quiet runs differ by. */
const TOLERANCE = 0.1;

export interface Regression {
  title: string;
  before: number;
  now: number;
}

const key = ({ title, against }: Figure) => `${title} | ${against?.label}`;

/** CPU per request against a reference, where it was measured. */
export function comparable(figures: readonly Figure[]): Map<string, number> {
  return new Map(
    figures
      .filter(({ unit, against, result }) => unit === 'µs' && against?.reference === true && result !== null)
      .map((figure) => [key(figure), figure.result!]),
  );
}

export function regressions(
  before: readonly Figure[],
  now: readonly Figure[],
  tolerance = TOLERANCE,
): Regression[] {
  const known = comparable(before);
  return [...comparable(now)].flatMap(([title, ratio]) => {
    const old = known.get(title);
    return old !== undefined && ratio > old * (1 + tolerance) ? [{ title, before: old, now: ratio }] : [];
  });
}

/** Null where there is no such file yet. */
export function readBaseline(path: string): readonly Figure[] | null {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { figures: Figure[] }).figures;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

import { describe, expect, it } from 'vitest';
import { bindWorker, parseProcessors, processorsOf } from '../../../src/worker/affinity.js';

describe('processorsOf', () => {
  it('gives each worker the next ones, and begins again after the last', () => {
    const usable = [0, 1, 2, 3];
    const of = (count: number) => [1, 2, 3].map((id) => processorsOf(id, count, usable));
    expect(of(1)).toEqual([[0], [1], [2]]);
    expect(of(2)).toEqual([
      [0, 1],
      [2, 3],
      [0, 1],
    ]); // prettier-ignore
    expect(of(3)).toEqual([
      [0, 1, 2],
      [3, 0, 1],
      [2, 3, 0],
    ]); // prettier-ignore
    expect(processorsOf(1, 9, [4, 6])).toEqual([4, 6]);
  });
});

it('reads lists of processors as the kernel writes them', () => {
  expect(parseProcessors('0-2,5,7-8')).toEqual([0, 1, 2, 5, 7, 8]);
  expect(parseProcessors('')).toEqual([]);
});

it('says what the worker is bound to, and what the system says against it', () => {
  const bound: number[][] = [];
  const line = bindWorker(1, 1, (processors) => {
    bound.push([...processors]);
    return null;
  });
  expect(bound[0]).toHaveLength(1);
  expect(line).toBe(`mapping worker 1 to CPUs: ${bound[0]![0]}`);
  expect(bindWorker(1, 1, () => 'Invalid argument')).toContain(
    'cannot be bound to processors: Invalid argument',
  );
});

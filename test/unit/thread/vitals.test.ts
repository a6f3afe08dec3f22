import { expect, it } from 'vitest';
import { OldestRequest } from '../../../src/thread/vitals.js';
import type { Environ } from '../../../src/wsgi/types.js';

it('knows which request has been open longest, from one look to the next', () => {
  const oldest = new OldestRequest();
  const [first, second] = [{}, {}] as [Environ, Environ];
  expect(oldest.among([], 0)).toBe(null);
  expect(oldest.among([first], 1000)).toBe(null);
  expect(oldest.among([second, first], 2000)).toEqual({ environ: first, age: 1000 });
  expect(oldest.among([second, first], 3000)?.environ).toBe(first);
  expect(oldest.among([second], 4000)).toEqual({ environ: second, age: 2000 });
  expect(oldest.among([first], 5000)).toBe(null);
});

import { describe, expect, it } from 'vitest';
import { acceptsGzip, isSameFile, isUnchanged, partOf } from '../../../src/static/preconditions.js';

describe('of ten bytes', () => {
  it.each([
    ['bytes=1-2', { first: 1, last: 2 }],
    ['bytes=0-', { first: 0, last: 9 }],
    ['bytes=5-100', { first: 5, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=-100', { first: 0, last: 9 }],
    ['BYTES= 9-9 ', { first: 9, last: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    // Not understood, so ignored.
    ['bytes=3-1', null],
    ['bytes=0-1,3-4', null],
    ['bytes=', null],
    ['bytes=-', null],
    ['bytes=1 - 2', null],
    ['bytes=a-b', null],
    ['items=1-2', null],
    [undefined, null],
  ])('%s is %j', (range, part) => {
    expect(partOf(range, 10)).toEqual(part);
  });

  it('there is no part of none', () => {
    expect([partOf('bytes=0-', 0), partOf('bytes=-1', 0)]).toEqual(['unsatisfiable', 'unsatisfiable']);
  });
});

/** Half a second behind what a date can say. */
const changed = Date.parse('Thu, 26 Nov 2026 13:45:13 GMT') + 500;

it.each([
  ['Thu, 26 Nov 2026 13:45:13 GMT', undefined, true],
  ['Fri, 27 Nov 2026 13:45:13 GMT', undefined, true],
  ['Thu, 26 Nov 2026 13:45:12 GMT', undefined, false],
  ['Thu, 26 Nov 2026 13:45:13 GMT', '"tag"', false],
  ['yesterday', undefined, false],
  [undefined, undefined, false],
])('since %s (%s) the file is unchanged: %s', (since, tags, wanted) => {
  expect(isUnchanged(since, tags, changed)).toBe(wanted);
});

it.each([
  [undefined, true],
  ['Thu, 26 Nov 2026 13:45:13 GMT', true],
  ['Fri, 27 Nov 2026 13:45:13 GMT', false],
  ['"tag"', false],
])('a range if it is %s: %s', (ifRange, wanted) => {
  expect(isSameFile(ifRange, changed)).toBe(wanted);
});

it.each([
  ['gzip, deflate, br', true],
  ['br;q=1.0, GZIP;q=0.8', true],
  ['x-gzip', true],
  ['gzip;q=0', false],
  ['gzip ; q=0.000', false],
  ['identity', false],
  ['*', false],
  [undefined, false],
])('%s accepts gzip: %s', (accepted, wanted) => {
  expect(acceptsGzip(accepted)).toBe(wanted);
});

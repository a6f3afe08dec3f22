/** Against date(1), which calls strftime(3) itself. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { onceASecond, strftime } from '../../../src/log/strftime.js';

const letters = [...'aAbBcCdDeFgGhHIjklmMpPrRsSTuUVwWxXyYzZ%'];

it('writes what strftime(3) writes, in the C locale', () => {
  const format = letters.map((letter) => `%${letter}`).join('|');
  const moments = [
    '2025-10-08T12:34:56Z',
    '2024-12-30T00:00:01Z',
    '2021-01-03T23:59:59Z',
    '2024-02-29T01:02:03Z',
  ];
  const written = moments.map((moment) => strftime(format, new Date(moment)));
  const expected = moments.map((moment) =>
    execFileSync('date', ['-d', moment, `+${format}`], {
      env: { ...process.env, LC_ALL: 'C' },
      encoding: 'utf8',
    }),
  );
  expect(written).toEqual(expected.map((text) => text.slice(0, -1)));
});

it('leaves what it does not know', () => {
  expect(strftime('PRE 100% %q %', new Date())).toBe('PRE 100% %q %');
});

it('makes the text of a second once', () => {
  let made = 0;
  const text = onceASecond((date) => {
    made += 1;
    return String(date.getTime());
  });
  expect([text(5_000), text(5_999), text(6_000), text(5_000)]).toEqual(['5000', '5000', '6000', '5000']);
  expect(made).toBe(3);
});

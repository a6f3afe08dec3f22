import { describe, expect, it } from 'vitest';
import { atLeast, atMost, ratioFigure, valueFigure } from '../../../bench/figure.js';
import { root } from '../../../bench/paths.js';
import { BEGIN, END, withoutPaths, withTable } from '../../../bench/report.js';
import { median, pairedRatio, slope } from '../../../bench/statistics.js';

const series = (...values: number[]) => ({ label: 'x', values });

describe('figures', () => {
  it('compare round by round, so that a machine that slows down slows both', () => {
    // Twice as slow from round to round: the ratio of every round is 0.5.
    expect(pairedRatio([1, 2, 4], [2, 4, 8])).toBe(0.5);
    expect(ratioFigure('t', 'µs', series(1, 2, 4), series(2, 4, 8), atMost(0.5)).met).toBe(true);
    expect(ratioFigure('t', 'µs', series(1, 2, 4), series(2, 4, 8), atMost(0.49)).met).toBe(false);
    expect(ratioFigure('t', '/s', series(3), series(2), atLeast(1.5)).met).toBe(true);
  });

  it('do not judge what was not measured', () => {
    const figure = ratioFigure('t', 'µs', series(), series(1), atMost(1));
    expect(figure).toMatchObject({ result: null, met: null });
    expect(valueFigure('t', 'ms', series(1, 2))).toMatchObject({ result: 1.5, met: null });
  });

  it('report the worst where the worst counts', () => {
    const worst = (values: readonly number[]) => Math.max(...values);
    expect(valueFigure('t', 'ms', series(1, 1, 30), atMost(20), worst)).toMatchObject({
      result: 30,
      met: false,
    });
  });
});

describe('statistics', () => {
  it('median takes the middle of an even number of values', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([3, 1, 2])).toBe(2);
  });

  it('slope is not moved by one odd sample', () => {
    const points = [0, 1, 2, 3, 4, 5, 6].map((x) => ({ x, y: x === 3 ? 100 : 2 * x }));
    expect(slope(points)).toBe(2);
  });
});

it('results carry no path of the machine', () => {
  const text = `"${process.execPath} ${root}/dist/cli.cjs --socket /var/tmp/uwsgi-bench-aB3/trial-x9Z/app.sock"`;
  expect(withoutPaths(text)).toBe('"node ./dist/cli.cjs --socket $DIR/app.sock"');
});

describe('the README', () => {
  it('gets the table between the markers, again and again', () => {
    const once = withTable('README.md', `a\n${BEGIN}\nold\n${END}\nb\n`, '| new |');
    expect(once).toBe(`a\n${BEGIN}\n| new |\n${END}\nb\n`);
    expect(withTable('README.md', once, '| new |')).toBe(once);
  });

  it('is left alone without markers', () => {
    expect(() => withTable('README.md', 'a\n', '| new |')).toThrow(/bench:begin.*bench:end/);
  });
});

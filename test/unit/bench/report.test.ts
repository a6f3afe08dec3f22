import { describe, expect, it } from 'vitest';
import { charts, draw } from '../../../bench/charts.js';
import { atLeast, atMost, ratioFigure, valueFigure } from '../../../bench/figure.js';
import { root } from '../../../bench/paths.js';
import { regressions } from '../../../bench/regression.js';
import { BEGIN, END, withoutPaths, withTable } from '../../../bench/report.js';
import { median, pairedRatio, slope, summedRatio } from '../../../bench/statistics.js';

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

  it('sums are compared where the whole run counts', () => {
    expect(summedRatio([1, 3], [2, 2])).toBe(1);
    expect(pairedRatio([1, 3], [2, 2])).toBe(1);
    expect(summedRatio([1, 1, 10], [2, 2, 2])).toBe(2);
  });

  it('slope is not moved by one odd sample', () => {
    const points = [0, 1, 2, 3, 4, 5, 6].map((x) => ({ x, y: x === 3 ? 100 : 2 * x }));
    expect(slope(points)).toBe(2);
  });
});

describe('a regression', () => {
  const floor = (...values: number[]) => ({ ...series(...values), label: 'C++ floor', reference: true });
  const before = [ratioFigure('cpu', 'µs', series(12), floor(10))];

  it('is a request that has become dearer by the floor of the same run', () => {
    // The machine is twice as slow now, and so is the floor.
    expect(regressions(before, [ratioFigure('cpu', 'µs', series(26), floor(20))])).toEqual([]);
    expect(regressions(before, [ratioFigure('cpu', 'µs', series(28), floor(20))])).toEqual([
      { title: 'cpu | C++ floor', before: 1.2, now: 1.4 },
    ]);
  });

  it('is not seen in rates, against servers that change, or where nothing was measured before', () => {
    const now = [
      ratioFigure('rate', '/s', series(100), floor(1)),
      ratioFigure('cpu', 'µs', series(100), series(1)),
      ratioFigure('new', 'µs', series(100), floor(1)),
    ];
    expect(regressions(before, now)).toEqual([]);
  });
});

describe('a chart', () => {
  const figures = [
    ratioFigure(
      'server CPU per request, one process',
      'µs',
      { label: 'uwsgi-node', values: [7] },
      series(12),
    ),
    ratioFigure('server CPU per request, one process', 'µs', { label: 'uwsgi-node', values: [7] }, series(6)),
  ];

  it('has a bar for every server, once', () => {
    const [chart] = charts;
    expect(chart!.bars(figures)).toEqual([
      { label: 'uwsgi-node', value: 7, ours: true },
      { label: 'x', value: 12, ours: false },
    ]);
  });

  it('is an SVG that names what it shows, on any background', () => {
    const svg = draw('a title', [{ label: 'a server', value: 12_345, ours: true }]);
    expect(svg).toMatch(/^<svg [^>]*xmlns=/);
    for (const text of ['a title', 'a server', '12 345']) expect(svg).toContain(text);
    expect(svg).not.toMatch(/<rect[^>]*fill="(?:#fff|white)/);
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

/** The figures as pictures for the README: few, and readable on light and dark pages. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as echarts from 'echarts';
import type { Figure, Series } from './figure.js';
import { median } from './statistics.js';

/** Greys and colours of middling lightness: they stand on white as on black. */
const TEXT = '#7d8590';
const GRID = '#7d859055';
const OURS = '#2f81f7';
const OTHERS = '#8d96a0';

interface Bar {
  label: string;
  value: number;
  ours: boolean;
}

interface Chart {
  file: string;
  title: string;
  /** Which end of the scale stands on top. */
  best: 'least' | 'most';
  bars(figures: readonly Figure[]): Bar[];
}

/** The series of all figures whose title begins so, each once. */
function seriesOf(figures: readonly Figure[], title: string): Bar[] {
  const all = figures
    .filter((figure) => figure.title.startsWith(title))
    .flatMap(({ ours, against }) => (against === null ? [ours] : [ours, against]))
    .filter(({ values }) => values.length > 0);
  const byLabel = new Map<string, Series>();
  for (const series of all) if (!byLabel.has(series.label)) byLabel.set(series.label, series);
  return [...byLabel.values()].map(({ label, values }) => ({
    label,
    value: median(values),
    ours: label.startsWith('uwsgi-node'),
  }));
}

export const charts: readonly Chart[] = [
  {
    file: 'one-process.svg',
    title: 'Server CPU per request, one process, uwsgi over a unix socket (µs; less is better)',
    best: 'least',
    bars: (figures) => seriesOf(figures, 'server CPU per request, one process'),
  },
  {
    file: 'lanes.svg',
    title: 'Requests per second behind one nginx worker (more is better)',
    best: 'most',
    bars: (figures) => seriesOf(figures, 'requests/s behind one nginx worker: '),
  },
  {
    file: 'frameworks.svg',
    title: 'Server CPU per request of unchanged applications behind nginx (µs; less is better)',
    best: 'least',
    bars: (figures) => seriesOf(figures, 'server CPU per request behind nginx, '),
  },
];

const BAR_HEIGHT = 26;
const WIDTH = 760;

function number(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en').replaceAll(',', ' ') : value.toFixed(1);
}

/** @returns an SVG without a background */
export function draw(title: string, bars: readonly Bar[]): string {
  const height = 60 + bars.length * BAR_HEIGHT;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    title: { text: title, textStyle: { color: TEXT, fontSize: 14, fontWeight: 'normal' } },
    // Set by hand: without a browser the width of a label is a guess, and long ones were cut.
    grid: { left: 236, right: 80, top: 36, bottom: 8 },
    xAxis: { type: 'value', axisLabel: { show: false }, splitLine: { lineStyle: { color: GRID } } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ label }) => label),
      axisLabel: { color: TEXT },
      axisLine: { lineStyle: { color: GRID } },
      axisTick: { show: false },
    },
    series: [
      {
        type: 'bar',
        barWidth: '62%',
        data: bars.map(({ value, ours }) => ({ value, itemStyle: { color: ours ? OURS : OTHERS } })),
        label: {
          show: true,
          position: 'right',
          color: TEXT,
          formatter: ({ value }: { value?: unknown }) => number(Number(value)),
        },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** Writes those for which there are figures. @returns their paths below `dir` */
export function writeCharts(dir: string, figures: readonly Figure[]): Array<{ path: string; title: string }> {
  return charts.flatMap(({ file, title, best, bars }) => {
    const sign = best === 'least' ? 1 : -1;
    const found = bars(figures).sort((a, b) => sign * (a.value - b.value));
    if (found.length === 0) return [];
    const path = join(dir, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${draw(title, found)}\n`);
    return [{ path, title }];
  });
}

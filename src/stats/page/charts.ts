/** The four charts of the page: the last minutes, a point a second. Runs in the browser. */
import uPlot from 'uplot';
import type { Sample } from '../history.js';
import { bytes, duration, short } from '../units.js';

interface Line {
  name: string;
  of(sample: Sample): number | null;
}

interface Kind {
  title: string;
  lines: Line[];
  text(value: number): string;
  /** One request of many seconds must not flatten all others. */
  isLogarithmic?: boolean;
}

const kinds: Kind[] = [
  {
    title: 'Requests per second',
    lines: [{ name: 'requests', of: ({ requests }) => requests }],
    text: short,
  },
  {
    title: 'What requests took',
    lines: [
      { name: 'p50', of: ({ p50 }) => p50 },
      { name: 'p95', of: ({ p95 }) => p95 },
      { name: 'p99', of: ({ p99 }) => p99 },
    ],
    text: duration,
    isLogarithmic: true,
  },
  {
    title: 'Busy threads',
    lines: [
      { name: 'busy', of: ({ busy }) => busy },
      { name: 'in flight', of: ({ inFlight }) => inFlight },
      { name: 'queue', of: ({ queue }) => queue },
    ],
    text: short,
  },
  { title: 'Memory', lines: [{ name: 'resident', of: ({ rss }) => rss }], text: bytes },
];

const COLOURS = ['--first', '--second', '--third'];
const HEIGHT = 160;
/** Samples that are shown: ten minutes. */
const LENGTH = 600;

export class Charts {
  readonly #place: HTMLElement;
  readonly #samples: Sample[] = [];
  #charts: { plot: uPlot; legend: HTMLElement; kind: Kind; box: HTMLElement }[] = [];

  constructor(place: HTMLElement) {
    this.#place = place;
    this.#build();
    new ResizeObserver(() => this.#resize()).observe(place);
    // The lines are drawn on a canvas, which does not follow the style sheet.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#build());
  }

  /** When the last sample was taken, unix milliseconds. */
  get latest(): number {
    return this.#samples.at(-1)?.at ?? 0;
  }

  add(samples: Sample[]): void {
    this.#samples.push(...samples);
    this.#samples.splice(0, this.#samples.length - LENGTH);
    this.#draw();
  }

  /** The server was started again: what was before is another one's. */
  clear(): void {
    this.#samples.length = 0;
  }

  #build(): void {
    for (const { plot } of this.#charts) plot.destroy();
    this.#place.replaceChildren();
    this.#charts = kinds.map((kind) => this.#chart(kind));
    this.#draw();
  }

  #chart(kind: Kind) {
    const box = document.createElement('div');
    box.className = 'chart';
    const title = document.createElement('h3');
    title.textContent = kind.title;
    const legend = document.createElement('p');
    legend.className = 'legend';
    box.append(title, legend);
    this.#place.append(box);
    const plot = new uPlot(optionsOf(kind, widthOf(box)), [[], ...kind.lines.map(() => [])], box);
    return { plot, legend, kind, box };
  }

  #resize(): void {
    for (const { plot, box } of this.#charts) plot.setSize({ width: widthOf(box), height: HEIGHT });
  }

  #draw(): void {
    const times = this.#samples.map(({ at }) => at / 1000);
    for (const { plot, legend, kind } of this.#charts) {
      plot.setData([times, ...kind.lines.map((line) => this.#samples.map(line.of))]);
      const latest = this.#samples.at(-1);
      legend.replaceChildren(
        ...kind.lines.flatMap((line, index) => {
          const mark = document.createElement('i');
          mark.className = `c${index + 1}`;
          const value = latest === undefined ? null : line.of(latest);
          return [mark, `${line.name} ${value === null ? '-' : kind.text(value)}`];
        }),
      );
    }
  }
}

const fromZero: uPlot.Scale = { range: (_, __, max) => [0, Math.max(1, (max ?? 0) * 1.1)] };
/** In whole decades, microseconds. */
const logarithmic: uPlot.Scale = {
  distr: 3,
  range: (_, min, max) => [
    10 ** Math.floor(Math.log10(min || 100)),
    10 ** Math.ceil(Math.log10(max || 10_000)),
  ],
};

const decades = (_: uPlot, splits: number[]) =>
  splits.map((split) => (Number.isInteger(Math.log10(split)) ? split : null));

const timeOf = (seconds: number) => new Date(seconds * 1000).toTimeString().slice(0, 8);

const widthOf = (box: HTMLElement) => Math.max(120, box.clientWidth - 24);

function optionsOf(kind: Kind, width: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const grid = { stroke: colour('--line'), width: 1 };
  const axis = { stroke: colour('--dim'), grid, ticks: { show: false } };
  const values = (_: uPlot, splits: (number | null)[]) =>
    splits.map((split) => (split === null ? '' : kind.text(split)));
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: kind.isLogarithmic ? logarithmic : fromZero },
    axes: [
      { ...axis, size: 32, values: (_, splits) => splits.map(timeOf) },
      { ...axis, size: 64, values, grid: kind.isLogarithmic ? { ...grid, filter: decades } : grid },
    ],
    series: [
      {},
      ...kind.lines.map((_, index) => ({
        stroke: colour(COLOURS[index]!),
        width: 2,
        points: { show: false },
        spanGaps: false,
      })),
    ],
  };
}

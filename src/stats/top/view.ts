/** The screen of `uwsgi-node top` as lines of text. */
import { age, bytes, duration, short } from '../units.js';
import type { Figures, WorkerFigures } from './figures.js';

interface Column {
  /** What it is sorted by; workers by number where null. */
  key: string;
  title: string;
  width: number;
  text(figures: WorkerFigures): string;
  /** Larger ones come first. */
  order(figures: WorkerFigures): number;
}

const orUnknown = (number: number | null, text: (number: number) => string) =>
  number === null ? '-' : text(number);

/** From left to right. */
const columns: readonly Column[] = [
  {
    key: 'i',
    title: 'ID',
    width: 4,
    text: ({ worker }) => `${worker.id}`,
    order: ({ worker }) => -worker.id,
  },
  {
    key: 'p',
    title: 'PID',
    width: 8,
    text: ({ worker }) => `${worker.pid}`,
    order: ({ worker }) => -worker.pid,
  },
  {
    key: 's',
    title: 'STATUS',
    width: 8,
    text: ({ worker }) => (worker.state === 'starting' ? 'starting' : worker.status),
    order: ({ worker }) => Number(worker.status === 'busy'),
  },
  {
    key: 'f',
    title: 'REQ/S',
    width: 8,
    text: ({ requests }) => orUnknown(requests, short),
    order: ({ requests }) => requests ?? 0,
  },
  {
    key: 'n',
    title: 'REQ',
    width: 8,
    text: ({ worker }) => short(worker.requests),
    order: ({ worker }) => worker.requests,
  },
  {
    key: 't',
    title: 'TIME',
    width: 9,
    text: ({ time }) => orUnknown(time, duration),
    order: ({ time }) => time ?? 0,
  },
  {
    key: 'b',
    title: 'BUSY',
    width: 6,
    text: ({ busy }) => orUnknown(busy, (share) => `${Math.round(share * 100)}%`),
    order: ({ busy }) => busy ?? 0,
  },
  {
    key: 'x',
    title: 'TX/S',
    width: 9,
    text: ({ sent }) => orUnknown(sent, bytes),
    order: ({ sent }) => sent ?? 0,
  },
  {
    key: 'm',
    title: 'RSS',
    width: 9,
    text: ({ worker }) => bytes(worker.rss),
    order: ({ worker }) => worker.rss,
  },
  {
    key: 'e',
    title: 'EXC',
    width: 6,
    text: ({ worker }) => short(worker.exceptions),
    order: ({ worker }) => worker.exceptions,
  },
  {
    key: 'h',
    title: 'HARA',
    width: 6,
    text: ({ worker }) => short(worker.harakiri_count),
    order: ({ worker }) => worker.harakiri_count,
  },
  {
    key: 'r',
    title: 'SPAWN',
    width: 7,
    text: ({ worker }) => short(worker.respawn_count),
    order: ({ worker }) => worker.respawn_count,
  },
  { key: 'a', title: 'UP', width: 8, text: (figures) => age(figures.age), order: (figures) => figures.age },
];

export const sortKeys = columns.map(({ key }) => key).join('');

export interface ViewOptions {
  /** Of the screen, in characters. */
  columns: number;
  rows: number;
  /** One of `sortKeys`. */
  sortBy: string;
  /** Each thread gets a line of its own. */
  withCores: boolean;
  /** Bold and inverse text. */
  hasStyle: boolean;
}

export function render(figures: Figures, options: ViewOptions): string[] {
  const lines = [...headOf(figures), '', title(options)];
  const sorted = columns.find(({ key }) => key === options.sortBy) ?? columns[0]!;
  const workers = [...figures.workers].sort(
    (a, b) => sorted.order(b) - sorted.order(a) || a.worker.id - b.worker.id,
  );
  for (const worker of workers) {
    lines.push(lineOf(worker));
    if (options.withCores) lines.push(...coreLines(worker));
  }
  for (const { id, pid, in_flight } of figures.report.retiring_workers ?? []) {
    lines.push(`${cell(String(id), 4)}${cell(String(pid), 8)} finishes ${in_flight} requests`);
  }
  return lines.slice(0, options.rows).map((line, index) => {
    const cut = [...plain(line)].slice(0, options.columns).join('');
    return options.hasStyle && index === TITLE ? `\x1b[7m${cut.padEnd(options.columns)}\x1b[0m` : cut;
  });
}

/** Index of the line with the titles. */
const TITLE = 4;

function headOf({ report, rates, total, inFlight, queue, maxQueue, latency, responses }: Figures): string[] {
  const name = report.server ?? 'uwsgi';
  const phase = report.phase === undefined || report.phase === 'serving' ? '' : `, ${report.phase}`;
  const percentiles =
    latency === null
      ? '-'
      : `p50 ${duration(latency.p50)}, p95 ${duration(latency.p95)}, p99 ${duration(latency.p99)}`;
  const classes = responses.filter(([, rate]) => rate > 0).map(([each, rate]) => `${each} ${short(rate)}/s`);
  return [
    `${name} ${report.version}, pid ${report.pid}${phase}, ${report.cwd}`,
    `requests ${short(total)}, ${orUnknown(rates.requests, short)}/s; in flight ${inFlight}; ` +
      `queue ${queue}/${maxQueue}; sent ${orUnknown(rates.sent, bytes)}/s`,
    `took ${percentiles}${classes.length > 0 ? `; ${classes.join(', ')}` : ''}`,
  ];
}

const title = ({ sortBy }: ViewOptions) =>
  `${columns.map((column) => cell(column.key === sortBy ? `${column.title}*` : column.title, column.width)).join('')}  NOW`;

function lineOf(figures: WorkerFigures): string {
  const { now } = figures;
  const doing =
    now === null ? '' : `  ${now.request}${now.age === null ? '' : ` (${duration(now.age * 1000)})`}`;
  return columns.map((column) => cell(column.text(figures), column.width)).join('') + doing;
}

function coreLines({ worker }: WorkerFigures): string[] {
  return (worker.cores ?? []).map((core) => {
    const loop =
      core.loop_utilization === undefined
        ? ''
        : `, loop ${Math.round(core.loop_utilization * 100)}% late ${duration(core.loop_delay_max ?? 0)}, ` +
          `heap ${bytes(core.heap_used ?? 0)}`;
    const now = core.in_request > 0 ? `${core.in_flight ?? 1} in flight` : 'idle';
    return `    core ${core.id}: ${short(core.requests)} requests, ${now}${loop}`;
  });
}

const cell = (text: string, width: number) => text.padStart(width - 1).padEnd(width);

/** What a client wrote must not steer the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const plain = (text: string) => text.replace(/[\x00-\x1f\x7f-\x9f]/g, '?');

/**
 * The page of `stats-page`: asks the server once a second and shows what it says. Runs in the browser; at the other end:
 * src/stats/page-routes.ts. The build puts it, the style sheet and uPlot into one file.
 */
import type { PageData } from '../page-routes.js';
import type { Report } from '../report.js';
import { type Figures, figuresOf } from '../top/figures.js';
import { age, bytes, duration, short } from '../units.js';
import { Charts } from './charts.js';
import { Tables } from './tables.js';

const INTERVAL = 1000;
/** A server that does not answer for this long is said to be away, milliseconds. */
const PATIENCE = 5000;

const byId = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind;

const charts = new Charts(byId('charts'));
const tables = new Tables(byId('workers'), byId('running'), byId('nothing'));
let before: { report: Report; at: number } | null = null;

async function look(): Promise<void> {
  try {
    const response = await fetch(`data?since=${charts.latest}`, { signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    show((await response.json()) as PageData);
    byId('problem').hidden = true;
  } catch (error) {
    byId('problem').hidden = false;
    byId('problem').textContent = `No answer from the server: ${(error as Error).message}`;
  }
  setTimeout(look, document.hidden ? 5 * INTERVAL : INTERVAL);
}

function show({ report, samples }: PageData): void {
  const at = Date.now();
  if (before !== null && before.report.pid !== report.pid) {
    before = null;
    charts.clear();
  }
  charts.add(samples);
  const seconds = before === null ? 0 : (at - before.at) / 1000;
  const figures = figuresOf(report, before?.report ?? null, seconds, at);
  before = { report, at };
  showHead(figures, at);
  tables.show(figures);
}

function showHead(
  { report, total, rates, inFlight, queue, maxQueue, latency, responses }: Figures,
  at: number,
) {
  document.title = `${report.cwd} - ${report.server ?? 'uwsgi'}`;
  byId('name').textContent = `${report.server ?? 'uwsgi'} ${report.version}`;
  byId('about').textContent =
    `${report.phase ?? ''}, pid ${report.pid}, ${report.cwd}, up ${age(at / 1000 - (report.started ?? 0))}`;
  const memory = report.workers.reduce((sum, { rss }) => sum + rss, 0);
  const failed = responses.find(([name]) => name === '5xx')?.[1] ?? 0;
  const unknown = '-';
  const shown: [string, string][] = [
    ['Requests/s', rates.requests === null ? unknown : short(rates.requests)],
    ['Requests', short(total)],
    ['p50', latency === null ? unknown : duration(latency.p50)],
    ['p99', latency === null ? unknown : duration(latency.p99)],
    ['In flight', String(inFlight)],
    ['Queue', `${queue} / ${maxQueue}`],
    ['5xx/s', short(failed)],
    ['Memory', bytes(memory)],
  ];
  byId('figures').replaceChildren(
    ...shown.map(([name, value]) => {
      const box = document.createElement('div');
      const [term, text] = [document.createElement('dt'), document.createElement('dd')];
      term.textContent = name;
      text.textContent = value;
      box.append(term, text);
      return box;
    }),
  );
}

void look();

/**
 * The tables of the page: the workers, and the requests that run. Runs in the browser. Everything goes in as text: URIs are
 * what strangers send.
 */
import type { CoreReport, Report } from '../report.js';
import type { Figures, WorkerFigures } from '../top/figures.js';
import { age, bytes, duration, short } from '../units.js';

interface Column<Row> {
  title: string;
  /** `text` stands left, `extra` is not shown on a phone, `uri` opens when it is clicked. */
  style?: 'text' | 'extra' | 'uri';
  of(row: Row): string;
  /** A colour of the style sheet. */
  tone?(row: Row): string;
}

const orUnknown = (value: number | null, text: (value: number) => string) =>
  value === null ? '-' : text(value);

const workerColumns: Column<WorkerFigures>[] = [
  { title: 'Worker', of: ({ worker }) => String(worker.id) },
  { title: 'Pid', of: ({ worker }) => (worker.pid === 0 ? '-' : String(worker.pid)) },
  {
    title: 'Status',
    style: 'text',
    of: ({ worker }) => (worker.state === 'starting' ? 'starting' : worker.status),
    tone: ({ worker }) => worker.status,
  },
  { title: 'Requests/s', of: ({ requests }) => orUnknown(requests, short) },
  { title: 'Requests', style: 'extra', of: ({ worker }) => short(worker.requests) },
  { title: 'Took', of: ({ time }) => orUnknown(time, duration) },
  { title: 'Memory', of: ({ worker }) => bytes(worker.rss) },
  { title: 'Exceptions', style: 'extra', of: ({ worker }) => short(worker.exceptions) },
  { title: 'Harakiri', style: 'extra', of: ({ worker }) => short(worker.harakiri_count) },
  { title: 'Started', style: 'extra', of: ({ worker }) => `${worker.respawn_count}×` },
  { title: 'Up', style: 'extra', of: (figures) => (figures.worker.pid === 0 ? '-' : age(figures.age)) },
  {
    title: 'Loop late',
    style: 'extra',
    of: ({ worker }) => duration(Math.max(0, ...(worker.cores ?? []).map(lateness))),
  },
  { title: 'Now', style: 'uri', of: ({ now }) => now?.request ?? '' },
];

/** A thread that has told nothing for seconds is late by those. */
const lateness = ({ loop_delay_max = 0, vitals_age_ms = 0 }: CoreReport) =>
  Math.max(loop_delay_max, vitals_age_ms > 2000 ? vitals_age_ms * 1000 : 0);

interface Running {
  worker: number;
  core: number;
  age: number;
  request: string;
  client: string;
  others: number;
}

const runningColumns: Column<Running>[] = [
  { title: 'For', of: (row) => duration(row.age * 1000), tone: (row) => (row.age > 1000 ? 'busy' : '') },
  { title: 'Worker', of: ({ worker, core }) => `${worker}.${core}` },
  { title: 'Beside it', style: 'extra', of: ({ others }) => (others > 0 ? `${others} more` : '') },
  { title: 'Client', style: 'extra', of: ({ client }) => client },
  { title: 'Request', style: 'uri', of: ({ request }) => request },
];

/** Requests that are shown. */
const MOST = 50;

export class Tables {
  readonly #workers: Table<WorkerFigures>;
  readonly #running: Table<Running>;
  readonly #nothing: HTMLElement;
  readonly #runningTable: HTMLTableElement;

  constructor(workers: HTMLTableElement, running: HTMLTableElement, nothing: HTMLElement) {
    this.#workers = new Table(workers, workerColumns);
    this.#running = new Table(running, runningColumns);
    this.#runningTable = running;
    this.#nothing = nothing;
  }

  show(figures: Figures): void {
    this.#workers.show(figures.workers);
    const running = runningIn(figures.report);
    this.#running.show(running.slice(0, MOST));
    this.#nothing.hidden = running.length > 0;
    this.#runningTable.hidden = running.length === 0;
  }
}

/** The request that each busy thread got last, the one that runs longest first. */
function runningIn({ workers }: Report): Running[] {
  const all = workers.flatMap(({ id, cores = [] }) =>
    cores
      .filter(({ vars }) => vars.length > 0)
      .map((core) => ({
        worker: id,
        core: core.id,
        age: core.running_ms ?? 0,
        request: `${find(core, 'REQUEST_METHOD')} ${find(core, 'REQUEST_URI')}`,
        client: find(core, 'REMOTE_ADDR'),
        others: (core.in_flight ?? 1) - 1,
      })),
  );
  return all.sort((a, b) => b.age - a.age);
}

const find = ({ vars }: CoreReport, name: string) =>
  vars.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';

class Table<Row> {
  readonly #body: HTMLTableSectionElement;
  readonly #columns: Column<Row>[];

  constructor(table: HTMLTableElement, columns: Column<Row>[]) {
    this.#columns = columns;
    const head = table.createTHead().insertRow();
    for (const { title, style = '' } of columns) {
      const cell = document.createElement('th');
      cell.textContent = title;
      cell.className = style;
      head.append(cell);
    }
    this.#body = table.createTBody();
  }

  /** Cells are kept, so that one that is open stays open, and a selection stays selected. */
  show(rows: Row[]): void {
    const { rows: shown } = this.#body;
    while (shown.length > rows.length) this.#body.deleteRow(-1);
    while (shown.length < rows.length) this.#addRow();
    for (const [index, row] of rows.entries()) this.#fill(shown[index]!, row);
  }

  #addRow(): void {
    const row = this.#body.insertRow();
    for (const { style = '' } of this.#columns) {
      const cell = row.insertCell();
      cell.className = style;
      if (style !== 'uri') continue;
      const button = document.createElement('button');
      button.type = 'button';
      button.addEventListener('click', () => cell.classList.toggle('open'));
      cell.append(button);
    }
  }

  #fill(row: HTMLTableRowElement, content: Row): void {
    this.#columns.forEach(({ of, tone, style = '' }, index) => {
      const cell = row.cells[index]!;
      const text = of(content);
      const place = style === 'uri' ? cell.firstElementChild! : cell;
      if (place.textContent !== text) place.textContent = text;
      if (tone !== undefined) cell.className = `${style} ${tone(content)}`;
    });
  }
}

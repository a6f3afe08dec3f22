/** From two reports to the figures that `uwsgi-node top` shows: what happened between them, and what is now. */
import { fromPairs, quantile, since } from '../latency.js';
import type { CoreReport, Report, WorkerReport } from '../report.js';

/** What happened at one worker, or at all. Null: it cannot be said. */
export interface Rates {
  /** Requests per second. */
  requests: number | null;
  /** Microseconds that a request took, mean. */
  time: number | null;
  /** Requests that were with the application, mean: 1 is one core at work all the time. */
  busy: number | null;
  /** Bytes sent per second. */
  sent: number | null;
}

export interface WorkerFigures extends Rates {
  worker: WorkerReport;
  /** Seconds since it was spawned. */
  age: number;
  /** What takes longest now; null when nothing is told. */
  now: Current | null;
}

export interface Current {
  /** `GET /path` */
  request: string;
  /** Milliseconds; null where the server tells seconds only, and less than one has passed. */
  age: number | null;
}

export interface Figures {
  report: Report;
  /** Requests finished since the start. */
  total: number;
  rates: Rates;
  inFlight: number;
  queue: number;
  maxQueue: number;
  /** Microseconds, of the requests between the two reports; null where the server has no histogram. */
  latency: { p50: number; p95: number; p99: number } | null;
  /** Responses per second by class, where the server tells them. */
  responses: [string, number][];
  workers: WorkerFigures[];
}

/**
 * @param before  the report before; null: there was none.
 * @param seconds between the two.
 * @param clock   unix milliseconds of `report`.
 */
export function figuresOf(report: Report, before: Report | null, seconds: number, clock: number): Figures {
  const workers = report.workers.map((worker) => {
    const earlier = before?.workers.find(({ id }) => id === worker.id) ?? null;
    return {
      worker,
      ...ratesOf(worker, earlier, seconds),
      age: worker.last_spawn === 0 ? 0 : Math.max(0, clock / 1000 - worker.last_spawn),
      now: longest(worker.cores ?? [], clock),
    };
  });
  return {
    report,
    total: report.requests ?? sum(report.workers, ({ requests }) => requests),
    rates: ratesOf(together(report), before && together(before), seconds),
    inFlight:
      report.in_flight ?? sum(report.workers, ({ cores = [] }) => sum(cores, (core) => core.in_request)),
    queue: report.listen_queue,
    maxQueue: Math.max(0, ...report.sockets.map(({ max_queue }) => max_queue)),
    latency: latencyBetween(report, before),
    responses: responsesBetween(report, before, seconds),
    workers,
  };
}

type Counts = Pick<WorkerReport, 'requests' | 'running_time' | 'tx'>;

function together({ workers }: Report): Counts {
  return {
    requests: sum(workers, ({ requests }) => requests),
    running_time: sum(workers, ({ running_time }) => running_time),
    tx: sum(workers, ({ tx }) => tx),
  };
}

function ratesOf(now: Counts, before: Counts | null, seconds: number): Rates {
  // A server that was started again begins to count again.
  if (before === null || seconds <= 0 || now.requests < before.requests) {
    return { requests: null, time: null, busy: null, sent: null };
  }
  const requests = now.requests - before.requests;
  const running = now.running_time - before.running_time;
  return {
    requests: requests / seconds,
    time: requests === 0 ? null : running / requests,
    busy: running / 1e6 / seconds,
    sent: (now.tx - before.tx) / seconds,
  };
}

function latencyBetween(now: Report, before: Report | null): Figures['latency'] {
  if (now.latency_histogram === undefined) return null;
  const histogram = since(fromPairs(before?.latency_histogram ?? []), fromPairs(now.latency_histogram));
  const at = (share: number) => quantile(histogram, share);
  const [p50, p95, p99] = [at(0.5), at(0.95), at(0.99)];
  return p50 === null || p95 === null || p99 === null ? null : { p50, p95, p99 };
}

function responsesBetween(now: Report, before: Report | null, seconds: number): [string, number][] {
  if (now.responses === undefined || before?.responses === undefined || seconds <= 0) return [];
  const earlier = before.responses;
  return Object.entries(now.responses).map(([name, count]) => [
    name,
    Math.max(0, count - (earlier[name] ?? 0)) / seconds,
  ]);
}

/** The request that has run longest. */
function longest(cores: readonly CoreReport[], clock: number): Current | null {
  const running = cores.filter((core) => core.in_request > 0 && core.vars.length > 0);
  const all = running.map((core) => ({ request: requestOf(core.vars), age: ageOf(core, clock) }));
  return all.sort((a, b) => (b.age ?? 0) - (a.age ?? 0))[0] ?? null;
}

function ageOf({ running_ms, req_info }: CoreReport, clock: number): number | null {
  if (running_ms !== undefined) return running_ms;
  const started = req_info?.request_start;
  return started === undefined || clock / 1000 - started < 1
    ? null
    : Math.floor(clock / 1000 - started) * 1000;
}

function requestOf(vars: readonly string[]): string {
  const find = (name: string) => vars.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
  return `${find('REQUEST_METHOD') ?? ''} ${find('REQUEST_URI') ?? find('PATH_INFO') ?? ''}`.trim();
}

const sum = <Item>(items: readonly Item[], of: (item: Item) => number) =>
  items.reduce((all, item) => all + of(item), 0);

/**
 * A snapshot as metrics, in the form that prom-client hands out and takes in (`getMetricsAsJSON`), so that they and those
 * of the application become one text. Every name of the server's own begins with `uwsgi_node_`.
 */
import { upperBound } from './latency.js';
import type { Snapshot } from './snapshot.js';

export type Labels = Record<string, string | number>;

export interface MetricValue {
  value: number;
  labels: Labels;
  /** Where it is not the metric's own: `…_bucket`, `…_sum`. */
  metricName?: string;
}

/** A metric as prom-client's `getMetricsAsJSON` has it. */
export interface Metric {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';
  values: MetricValue[];
  /** How the values of several registries become one: prom-client has sum, first, min, max, average, omit. */
  aggregator: string;
}

export const PREFIX = 'uwsgi_node_';

/** By first digit of the status. */
export const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

function metric(type: Metric['type'], name: string, help: string, values: MetricValue[]): Metric {
  return { name: PREFIX + name, help, type, values, aggregator: 'sum' };
}

const counter = (name: string, help: string, value: number) => metric('counter', name, help, [one(value)]);
const gauge = (name: string, help: string, value: number) => metric('gauge', name, help, [one(value)]);
const gauges = (name: string, help: string, values: MetricValue[]) => metric('gauge', name, help, values);
const one = (value: number, labels: Labels = {}): MetricValue => ({ value, labels });

export function toMetrics(snapshot: Snapshot, isReady: boolean): Metric[] {
  return [
    gauges('info', 'Version of the server.', [one(1, { version: snapshot.version })]),
    gauge('start_time_seconds', 'When the server was started, unix time.', snapshot.startedAt),
    gauge('ready', '1 while requests are answered (the same as /readyz).', isReady ? 1 : 0),
    ...requestMetrics(snapshot),
    ...socketMetrics(snapshot),
    ...processMetrics(snapshot),
    ...threadMetrics(snapshot),
  ];
}

function requestMetrics({ tally, open }: Snapshot): Metric[] {
  const byClass = STATUS_CLASSES.map((name, digit) => one(tally.statuses[digit] ?? 0, { class: name }));
  return [
    metric('counter', 'requests_total', 'Finished requests by class of status; none: no response.', byClass),
    durations(tally.latency, tally.runningTime),
    gauge('requests_in_flight', 'Requests with the application.', open),
    counter('response_bytes_total', 'Bytes of responses, heads and bodies.', tally.bytes),
    counter('exceptions_total', 'Requests in which the application threw.', tally.exceptions),
    counter('harakiri_total', 'Requests ended because they took too long.', tally.harakiris),
    counter('read_errors_total', 'Peers that left or stalled inside a request.', tally.readErrors),
    counter('write_errors_total', 'Peers that left or stalled inside a response.', tally.writeErrors),
  ];
}

/** One bucket for each doubling from half a millisecond to 67 seconds: bounds that the finer histogram has exactly. */
function durations(latency: Float64Array, runningTime: number): Metric {
  const name = `${PREFIX}request_duration_seconds`;
  const values: MetricValue[] = [];
  let count = 0;
  latency.forEach((inside, bucket) => {
    count += inside;
    const bound = upperBound(bucket);
    const isPower = Number.isInteger(Math.log2(bound));
    if (!isPower || bound < SHORTEST || bound > LONGEST) return;
    values.push({ value: count, labels: { le: bound / 1e6 }, metricName: `${name}_bucket` });
  });
  values.push(
    { value: count, labels: { le: '+Inf' }, metricName: `${name}_bucket` },
    { value: runningTime / 1e6, labels: {}, metricName: `${name}_sum` },
    { value: count, labels: {}, metricName: `${name}_count` },
  );
  return metric(
    'histogram',
    'request_duration_seconds',
    'From the call of the application to the end.',
    values,
  );
}

/** Microseconds. */
const SHORTEST = 2 ** 9;
const LONGEST = 2 ** 26;

function socketMetrics({ sockets }: Snapshot): Metric[] {
  const known = sockets.filter(({ queue }) => queue !== null);
  return [
    gauges(
      'listen_queue',
      'Connections that wait to be accepted.',
      known.map(({ name, queue }) => one(queue ?? 0, { socket: name })),
    ),
    gauges(
      'listen_queue_limit',
      'Connections that may wait.',
      sockets.map(({ name, maxQueue }) => one(maxQueue, { socket: name })),
    ),
  ];
}

function processMetrics({ workers, respawns, rss }: Snapshot): Metric[] {
  const states = ['none', 'starting', 'ready', 'stopping'] as const;
  const inState = states.map((state) =>
    one(workers.filter((worker) => worker.state === state).length, { state }),
  );
  return [
    gauges('workers', 'Places for workers, by what has become of them.', inState),
    metric(
      'counter',
      'respawns_total',
      'Workers started in the place of others, by cause.',
      Object.entries(respawns).map(([cause, count]) => one(count, { cause })),
    ),
    gauge('master_resident_bytes', 'Resident memory of the master.', rss),
    gauges(
      'worker_resident_bytes',
      'Resident memory of a worker.',
      workers.filter(({ pid }) => pid !== 0).map((worker) => one(worker.rss, { worker: worker.id })),
    ),
    gauges(
      'worker_spawns',
      'Processes that have had the place of a worker.',
      workers.map(({ id, spawns }) => one(spawns, { worker: id })),
    ),
  ];
}

function threadMetrics({ workers }: Snapshot): Metric[] {
  const cores = workers.flatMap(({ id, cores }) => cores.map((core) => ({ worker: id, core })));
  const busy = cores.filter(({ core }) => core.open > 0).length;
  const each = (name: string, help: string, of: (vitals: Vitals) => number) =>
    gauges(
      name,
      help,
      cores.flatMap(({ worker, core: { id, vitals } }) =>
        vitals === null ? [] : one(of(vitals), { worker, core: id }),
      ),
    );
  return [
    gauge('threads', 'Threads that run the application.', cores.length),
    gauge('busy_threads', 'Threads that have a request.', busy),
    each('event_loop_delay_seconds', 'How late timers were in the last second, mean.', lateness),
    each('event_loop_delay_max_seconds', 'How late timers were in the last second, worst.', worstLateness),
    gauges(
      'event_loop_utilization',
      'Share of the last second that the event loop was busy.',
      cores.map(({ worker, core: { id, load } }) => one(load, { worker, core: id })),
    ),
    each('heap_used_bytes', 'JavaScript heap in use.', ({ heapUsed }) => heapUsed),
    each('heap_total_bytes', 'JavaScript heap allocated.', ({ heapTotal }) => heapTotal),
    each(
      'external_memory_bytes',
      'Memory outside of the heap that JavaScript holds.',
      ({ external }) => external,
    ),
  ];
}

type Vitals = NonNullable<Snapshot['workers'][number]['cores'][number]['vitals']>;

/** A thread tells once a second. One that has told nothing for longer is late by that. */
const silence = ({ age }: Vitals) => Math.max(0, age - 2000) / 1000;
const lateness = (vitals: Vitals) => Math.max(vitals.loopDelay / 1e6, silence(vitals));
const worstLateness = (vitals: Vitals) => Math.max(vitals.loopDelayMax / 1e6, silence(vitals));

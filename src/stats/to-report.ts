/** A snapshot as the JSON that uwsgitop, exporters and dashboards read: see report.ts. */
import { quantile, toPairs } from './latency.js';
import type {
  AppReport,
  CoreReport,
  CronReport,
  LatencyReport,
  Report,
  SocketReport,
  WorkerReport,
} from './report.js';
import type { CoreSnapshot, CronSnapshot, Snapshot, SocketSnapshot, WorkerSnapshot } from './snapshot.js';

export interface JsonOptions {
  /** Leaves out the threads of each worker (`stats-no-cores`). */
  noCores: boolean;
}

export function toReport(snapshot: Snapshot, { noCores }: JsonOptions): Report {
  const { sockets, workers, tally } = snapshot;
  const queue = Math.max(0, ...sockets.map((socket) => socket.queue ?? 0));
  return {
    version: snapshot.version,
    listen_queue: queue,
    listen_queue_errors: 0,
    signal_queue: 0,
    load: queue,
    pid: snapshot.pid,
    uid: snapshot.uid,
    gid: snapshot.gid,
    cwd: snapshot.cwd,
    server: 'uwsgi-node',
    phase: snapshot.phase,
    started: snapshot.startedAt,
    requests: tally.finished,
    in_flight: snapshot.open,
    responses: responsesOf(snapshot),
    latency: latencyOf(tally.latency),
    latency_histogram: toPairs(tally.latency),
    locks: [],
    sockets: sockets.map(socketJson),
    workers: workers.map((worker) => workerJson(worker, snapshot, noCores)),
    ...(snapshot.crons.length === 0 ? {} : { crons: snapshot.crons.map(cronJson) }),
    retiring_workers: snapshot.retiring.map(({ id, pid, open }) => ({ id, pid, in_flight: open })),
  };
}

function responsesOf({ tally: { statuses } }: Snapshot): Record<string, number> {
  const names = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'];
  return Object.fromEntries(names.map((name, digit) => [name, statuses[digit] ?? 0]));
}

function latencyOf(histogram: Float64Array): LatencyReport {
  const at = (share: number) => quantile(histogram, share) ?? 0;
  return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), p999: at(0.999), max: at(1) };
}

const socketJson = ({ name, protocol, queue, maxQueue }: SocketSnapshot): SocketReport => ({
  name,
  proto: protocol,
  queue: queue ?? 0,
  max_queue: maxQueue,
  shared: 0,
  can_offload: 0,
});

const cronJson = ({ isUnique, pid, startedAt, command, ...times }: CronSnapshot): CronReport => ({
  ...times,
  command,
  unique: isUnique ? 1 : 0,
  legion: '',
  pid: pid ?? -1,
  started_at: Math.floor((startedAt ?? 0) / 1000),
});

function workerJson(worker: WorkerSnapshot, snapshot: Snapshot, noCores: boolean): WorkerReport {
  const { id, pid, tally, state } = worker;
  return {
    id,
    pid,
    accepting: state === 'ready' && snapshot.phase !== 'paused' ? 1 : 0,
    requests: tally.finished,
    delta_requests: worker.requests,
    exceptions: tally.exceptions,
    harakiri_count: tally.harakiris,
    signals: 0,
    signal_queue: 0,
    status: statusOf(worker, snapshot),
    rss: worker.rss,
    vsz: worker.vsz,
    running_time: tally.runningTime,
    last_spawn: worker.spawnedAt,
    respawn_count: worker.spawns,
    tx: tally.bytes,
    avg_rt: tally.finished === 0 ? 0 : Math.round(tally.runningTime / tally.finished),
    state,
    in_flight: worker.open,
    latency: latencyOf(tally.latency),
    apps: appsOf(worker, snapshot),
    ...(noCores ? {} : { cores: worker.cores.map((core) => coreJson(core, snapshot)) }),
  };
}

/** uWSGI's words. A place that nobody has, for now, is `cheap`. */
function statusOf({ pid, open }: WorkerSnapshot, { phase }: Snapshot): string {
  if (pid === 0) return 'cheap';
  if (phase === 'paused') return 'pause';
  return open > 0 ? 'busy' : 'idle';
}

/** All applications of a worker are counted as one. */
function appsOf({ loadTime, requests, tally }: WorkerSnapshot, { cwd }: Snapshot): AppReport[] {
  if (loadTime === null) return [];
  return [
    {
      id: 0,
      modifier1: 0,
      mountpoint: '',
      startup_time: Math.floor(loadTime / 1000),
      requests,
      exceptions: tally.exceptions,
      chdir: cwd,
    },
  ];
}

function coreJson(
  { id, tally, open, load, current, vitals }: CoreSnapshot,
  { takenAt }: Snapshot,
): CoreReport {
  return {
    id,
    requests: tally.finished,
    static_requests: 0,
    routed_requests: 0,
    offloaded_requests: 0,
    write_errors: tally.writeErrors,
    read_errors: tally.readErrors,
    in_request: open > 0 ? 1 : 0,
    vars:
      current === null
        ? []
        : [
            `REQUEST_METHOD=${current.method}`,
            `REQUEST_URI=${current.uri}`,
            `REMOTE_ADDR=${current.address}`,
            '',
          ],
    req_info: current === null ? {} : { request_start: Math.floor((takenAt - current.age) / 1000) },
    in_flight: open,
    loop_utilization: load,
    running_ms: current?.age ?? 0,
    ...(vitals === null
      ? {}
      : {
          vitals_age_ms: vitals.age,
          loop_delay: vitals.loopDelay,
          loop_delay_max: vitals.loopDelayMax,
          heap_used: vitals.heapUsed,
          heap_total: vitals.heapTotal,
          external: vitals.external,
        }),
  };
}

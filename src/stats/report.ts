/**
 * The statistics as JSON: what uWSGI has (uwsgi-map 5), and keys of our own, which are optional because readers meet real
 * uWSGI servers too. Times are microseconds and sizes bytes where nothing else is said.
 */
export interface Report {
  version: string;
  listen_queue: number;
  listen_queue_errors: number;
  signal_queue: number;
  load: number;
  pid: number;
  uid: number;
  gid: number;
  cwd: string;
  locks: Record<string, number>[];
  sockets: SocketReport[];
  workers: WorkerReport[];
  /** Where there are some. */
  crons?: CronReport[];

  server?: 'uwsgi-node';
  phase?: 'starting' | 'serving' | 'paused' | 'draining' | 'stopping';
  /** Unix seconds. */
  started?: number;
  requests?: number;
  in_flight?: number;
  /** Of all workers there ever were, by class: `none` are requests that ended without a response. */
  responses?: Record<string, number>;
  latency?: LatencyReport;
  /** Upper bound and count of every bucket that has something. */
  latency_histogram?: [number, number][];
  retiring_workers?: { id: number; pid: number; in_flight: number }[];
}

export interface SocketReport {
  name: string;
  proto: string;
  queue: number;
  max_queue: number;
  shared: number;
  can_offload: number;
}

/** A command that runs at certain times; of the times -1 is any, and -N every N. */
export interface CronReport {
  minute: number;
  hour: number;
  day: number;
  month: number;
  week: number;
  command: string;
  unique: number;
  legion: string;
  /** -1: it does not run now. */
  pid: number;
  /** Unix seconds; 0: it does not run now. */
  started_at: number;
}

/** Of all requests since the start. */
export interface LatencyReport {
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  p999: number;
  max: number;
}

export interface WorkerReport {
  id: number;
  pid: number;
  accepting: number;
  /** Of all who have had this place; `delta_requests` of who has it now. */
  requests: number;
  delta_requests: number;
  exceptions: number;
  harakiri_count: number;
  signals: number;
  signal_queue: number;
  /** `idle`, `busy`, `cheap`, `pause`, `sigN` */
  status: string;
  rss: number;
  vsz: number;
  running_time: number;
  /** Unix seconds. */
  last_spawn: number;
  respawn_count: number;
  tx: number;
  avg_rt: number;
  apps: AppReport[];
  /** Missing with `stats-no-cores`. */
  cores?: CoreReport[];

  state?: 'none' | 'starting' | 'ready' | 'stopping';
  in_flight?: number;
  latency?: LatencyReport;
}

export interface AppReport {
  id: number;
  modifier1: number;
  mountpoint: string;
  /** Seconds. */
  startup_time: number;
  requests: number;
  exceptions: number;
  chdir: string;
}

export interface CoreReport {
  id: number;
  requests: number;
  static_requests: number;
  routed_requests: number;
  offloaded_requests: number;
  write_errors: number;
  read_errors: number;
  in_request: number;
  /** `NAME=value` of the current request, and an empty one at the end. */
  vars: string[];
  req_info: { request_start?: number };

  in_flight?: number;
  /** Milliseconds that the request handed over last has run; 0 without one. */
  running_ms?: number;
  /** Milliseconds since the thread told the rest. One that is stuck tells nothing. */
  vitals_age_ms?: number;
  /** That the event loop came late, mean and worst in a second. */
  loop_delay?: number;
  loop_delay_max?: number;
  /** 0 to 1 */
  loop_utilization?: number;
  heap_used?: number;
  heap_total?: number;
  external?: number;
}

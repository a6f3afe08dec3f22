/** Runs bench/load's uwsgi_load and reads its report. */
import { buildBinary } from './binaries.js';
import { runTool } from './children.js';

export interface LoadOptions {
  /** A path, or host:port. */
  socket: string;
  /** `uwsgi` by default. */
  protocol?: 'uwsgi' | 'fastcgi';
  /** FastCGI: whether a connection carries request after request; `on` by default. */
  keepalive?: 'on' | 'off';
  /** Requests in flight; default 64. */
  connections?: number;
  /** Seconds; this or `requests`. */
  duration?: number;
  requests?: number;
  path?: string;
  slowShare?: number;
  headerSets?: number;
  /** HTTP_* vars beside those of nginx and a browser. */
  extraVars?: number;
  /** Length of the request body, bytes. */
  body?: number;
  /** Length of the response body, bytes; default: whatever Content-Length says. */
  expectBytes?: number;
}

export interface Latency {
  count: number;
  /** Microseconds, as all of them. */
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

export interface LoadReport {
  requests: number;
  ok: number;
  slow_requests: number;
  seconds: number;
  requests_per_second: number;
  bytes_received: number;
  cpu_seconds: number;
  connect_retries: number;
  /** Kept connections that the server had closed, and that were opened again. */
  reconnects: number;
  errors: { total: number; [kind: string]: number };
  latency_us: { fast: Latency; slow: Latency };
}

const flagNames: Record<keyof LoadOptions, string> = {
  socket: '--socket',
  protocol: '--protocol',
  keepalive: '--keepalive',
  connections: '--connections',
  duration: '--duration',
  requests: '--requests',
  path: '--path',
  slowShare: '--slow-share',
  headerSets: '--header-sets',
  extraVars: '--extra-vars',
  body: '--body',
  expectBytes: '--expect-bytes',
};

export function loadArguments(options: LoadOptions): string[] {
  return Object.entries(options).flatMap(([key, value]) => [
    flagNames[key as keyof LoadOptions],
    String(value),
  ]);
}

/** @param before what the command begins with, such as `taskset -c 0` */
export async function runLoad(options: LoadOptions, before: readonly string[] = []): Promise<LoadReport> {
  const [file, ...args] = [...before, await buildBinary('uwsgi_load'), ...loadArguments(options)];
  return JSON.parse(await runTool(file!, args)) as LoadReport;
}

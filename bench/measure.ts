/** What is measured of a server under load. */
import type { RunningServer } from './contender.js';
import { errors } from './errors.js';
import { type LoadOptions, runLoad } from './load.js';
import { machineCpuNs, memoryOf, ownCpuNs, sampleUsage, usageBetween } from './process-usage.js';
import { onLoadsProcessor, onServersProcessors } from './processors.js';
import { type Loaded, SLICE_S } from './session.js';

/** The body of the hello application, bytes: without a Content-Length nothing else tells a cut one from a whole. */
export const HELLO_BYTES = 40;

/** Enough for a JIT compiler to be done with a hello, however busy the machine is. */
const WARM_UP = { requests: 30_000 };

export interface Measurement {
  requests: number;
  requestsPerSecond: number;
  /** CPU of all the server's processes, microseconds. */
  cpuPerRequest: number;
  switchesPerRequest: number;
  /** Connections that found the queue of the listener full and were tried again, per thousand requests. */
  retriesPerThousand: number;
  /** Latencies of requests that are not slow on purpose, microseconds. */
  p50: number;
  p99: number;
  rssKiB: number;
  pssKiB: number;
  anonymousKiB: number;
  /** Cores that programs outside the benchmark kept busy meanwhile: should be 0. */
  foreignCores: number;
}

export interface Cost {
  cpuNs: number;
  voluntarySwitches: number;
  foreignCores: number;
}

/** Runs `work` and says what it cost the server. `helpers`: further processes of the benchmark, such as nginx. */
export async function costOf<T>(
  server: RunningServer,
  work: () => Promise<T>,
  helpers: () => number[] = () => [],
): Promise<{ result: T; cost: Cost }> {
  const helpersBefore = sampleUsage(helpers());
  const machineBefore = machineCpuNs() - ownCpuNs();
  const before = sampleUsage(server.pids());
  const started = performance.now();
  const result = await work();
  const elapsedNs = (performance.now() - started) * 1e6;
  const usage = usageBetween(before, sampleUsage(server.pids()));
  const helpersCpu = usageBetween(helpersBefore, sampleUsage(helpers())).cpuNs;
  const others = machineCpuNs() - ownCpuNs() - machineBefore - usage.cpuNs - helpersCpu;
  return { result, cost: { ...usage, foreignCores: Math.max(0, others / elapsedNs) } };
}

export interface LoadShape
  extends Omit<LoadOptions, 'socket' | 'protocol' | 'duration' | 'requests' | 'expectBytes'> {
  /** Length of every response's body, bytes; null: any. The hello's by default. */
  expectBytes?: number | null;
}

function withLength({ expectBytes = HELLO_BYTES, ...shape }: LoadShape): Partial<LoadOptions> {
  return expectBytes === null ? shape : { ...shape, expectBytes };
}

async function loadOnce(
  server: RunningServer,
  shape: Partial<LoadOptions>,
  before: readonly string[] = [],
): Promise<Measurement> {
  const { address, protocol } = server.endpoint;
  const load = { socket: address, protocol: protocol as 'uwsgi' | 'fastcgi' };
  const { result, cost } = await costOf(server, () => runLoad({ ...load, ...shape }, before));
  if (result.errors.total > 0) throw errors.requestsFailed(server.contender.label, result.errors);
  return {
    requests: result.requests,
    requestsPerSecond: result.requests_per_second,
    cpuPerRequest: cost.cpuNs / 1000 / result.requests,
    switchesPerRequest: cost.voluntarySwitches / result.requests,
    retriesPerThousand: (result.connect_retries / result.requests) * 1000,
    p50: result.latency_us.fast.p50,
    p99: result.latency_us.fast.p99,
    ...memoryOf(server.pids()),
    foreignCores: cost.foreignCores,
  };
}

/** A warm-up, then `seconds` of load. @throws BenchError when a single request failed. */
export async function measureLoad(
  server: RunningServer,
  seconds: number,
  shape: LoadShape = {},
): Promise<Measurement> {
  const whole = withLength(shape);
  await loadOnce(server, { ...whole, ...WARM_UP });
  return loadOnce(server, { ...whole, duration: seconds });
}

/**
 * The load generator, in slices: for `Session.alternating`.
 * @param apart whether load and server have processors of their own; not for a server of several processes
 */
export function directly(shape: LoadShape = {}, { sliceSeconds = SLICE_S, apart = true } = {}) {
  const whole = withLength(shape);
  // Of what is slow by itself a second is enough.
  const warmUp = shape.path === undefined ? { ...whole, ...WARM_UP } : { ...whole, duration: 1 };
  const before = apart ? onLoadsProcessor() : [];
  return async (server: RunningServer): Promise<Loaded<Measurement>> => ({
    async warmUp() {
      if (apart) await onServersProcessors(server.pids());
      await loadOnce(server, warmUp, before);
    },
    slice: () => loadOnce(server, { ...whole, duration: sliceSeconds }, before),
  });
}

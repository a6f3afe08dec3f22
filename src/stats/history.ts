/**
 * The last minutes of a server, a sample a second, so that the page shows what was before it was opened. Runs in the master,
 * where `stats-page` is configured.
 */
import { quantile, since } from './latency.js';
import type { Snapshot } from './snapshot.js';

export interface Sample {
  /** Unix milliseconds. */
  at: number;
  /** Finished requests per second. */
  requests: number;
  /** Microseconds, of the requests that finished in the second; null without any. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
  /** Threads that have a request, threads there are. */
  busy: number;
  threads: number;
  /** Requests with the application. */
  inFlight: number;
  /** Connections that wait to be accepted. */
  queue: number;
  /** Resident memory of master and workers, bytes. */
  rss: number;
}

/** Ten minutes. */
const LENGTH = 600;
const INTERVAL = 1000;

export class History {
  readonly #snapshot: () => Snapshot;
  readonly #timer: NodeJS.Timeout;
  readonly #samples: Sample[] = [];
  #before: Snapshot;

  constructor(snapshot: () => Snapshot, log: (line: string) => void) {
    this.#snapshot = snapshot;
    this.#before = snapshot();
    this.#timer = setInterval(() => {
      try {
        this.#look();
      } catch (error) {
        log(`stats-page: ${(error as Error).stack}`);
      }
    }, INTERVAL).unref();
  }

  /** @param at unix milliseconds: what is younger */
  since(at: number): Sample[] {
    return this.#samples.filter((sample) => sample.at > at);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = this.#snapshot();
    this.#samples.push(sampleOf(now, this.#before));
    if (this.#samples.length > LENGTH) this.#samples.shift();
    this.#before = now;
  }
}

export function sampleOf(now: Snapshot, before: Snapshot): Sample {
  const seconds = Math.max(1, now.takenAt - before.takenAt) / 1000;
  const latency = since(before.tally.latency, now.tally.latency);
  const cores = now.workers.flatMap((worker) => worker.cores);
  return {
    at: now.takenAt,
    requests: (now.tally.finished - before.tally.finished) / seconds,
    p50: quantile(latency, 0.5),
    p95: quantile(latency, 0.95),
    p99: quantile(latency, 0.99),
    busy: cores.filter(({ open }) => open > 0).length,
    threads: cores.length,
    inFlight: now.open,
    queue: Math.max(0, ...now.sockets.map(({ queue }) => queue ?? 0)),
    rss: now.workers.reduce((sum, { rss }) => sum + rss, now.rss),
  };
}

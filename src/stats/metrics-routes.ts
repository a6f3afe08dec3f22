/** What `metrics` serves: metrics for Prometheus, and whether the server lives and is ready, for who restarts and routes. */
import { type Metric, toMetrics } from './exposition.js';
import { type Answer, type Routes, text } from './http-endpoint.js';
import type { Snapshot } from './snapshot.js';

export interface MetricsParts {
  snapshot(): Snapshot;
  /** What the application of each thread counts itself. */
  appMetrics(): Promise<Metric[][]>;
}

export function metricsRoutes({ snapshot, appMetrics }: MetricsParts): Routes {
  return {
    '/metrics': async () => {
      // prom-client is loaded when somebody asks.
      const [{ exposition }, others] = await Promise.all([import('./metrics.js'), appMetrics()]);
      const now = snapshot();
      return exposition(toMetrics(now, whyNotReady(now) === null), others);
    },
    // The master answers, so it lives.
    '/livez': () => text(200, 'ok\n'),
    '/readyz': () => readiness(snapshot()),
  };
}

function readiness(now: Snapshot): Answer {
  const reason = whyNotReady(now);
  return reason === null ? text(200, 'ok\n') : text(503, `${reason}\n`);
}

/** Null while requests are answered: one worker at least is ready, and the server neither rests nor ends. */
function whyNotReady({ phase, workers }: Snapshot): string | null {
  if (phase !== 'starting' && phase !== 'serving') return phase;
  return workers.some(({ state }) => state === 'ready') ? null : 'no worker is ready';
}

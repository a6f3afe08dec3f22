/**
 * The registries of prom-client that an application has in this thread. Its default ones are found without a word of the
 * application: the package has been loaded, or it has not.
 */
import Module from 'node:module';
import type { Metric } from './exposition.js';

/** The piece of a prom-client Registry that is used. */
export interface MetricsRegistry {
  getMetricsAsJSON(): Promise<unknown[]> | unknown[];
}

/** The application may have another copy of this package than the server. */
const KEY = Symbol.for('uwsgi-node.registries');

const shared = globalThis as { [KEY]?: Set<MetricsRegistry> };

/**
 * Adds a registry of your own to what the server's `metrics` address serves; prom-client's default registry is always
 * there. Of metrics with one name in several registries the first is taken. Does nothing where the server is embedded.
 */
export function exposeRegistry(registry: MetricsRegistry): void {
  shared[KEY] ??= new Set();
  shared[KEY].add(registry);
}

/** @throws whatever a collector of the application throws */
export async function collectRegistries(): Promise<Metric[]> {
  const byName = new Map<string, Metric>();
  for (const registry of new Set([...defaultRegistries(), ...(shared[KEY] ?? [])])) {
    for (const metric of (await registry.getMetricsAsJSON()) as Metric[]) {
      if (!byName.has(metric.name)) byName.set(metric.name, metric);
    }
  }
  return [...byName.values()];
}

/** Of every copy of prom-client that has been loaded; an import of it goes through the same cache. */
function defaultRegistries(): MetricsRegistry[] {
  const { _cache: cache } = Module as unknown as {
    _cache: Record<string, { exports?: { register?: MetricsRegistry } } | undefined>;
  };
  return Object.keys(cache)
    .filter((file) => file.endsWith('/prom-client/index.js'))
    .flatMap((file) => cache[file]?.exports?.register ?? []);
}

/** `/metrics`: the server's metrics and those of the application's threads as one text. Loaded where it is configured. */
import promClient from 'prom-client';
import { type Metric, PREFIX } from './exposition.js';
import type { Answer } from './http-endpoint.js';

const { AggregatorRegistry } = promClient;

/**
 * @param own    of the server
 * @param others what each thread's application has
 */
export async function exposition(own: Metric[], others: Metric[][]): Promise<Answer> {
  const usable = others.map((metrics) => metrics.filter(isUsable).map(withAggregator));
  const registry = AggregatorRegistry.aggregate([own, ...usable] as never);
  return { type: registry.contentType, body: await registry.metrics() };
}

const aggregators = new Set(['sum', 'first', 'min', 'max', 'average', 'omit']);

/** The names of the server are its own. */
const isUsable = ({ name, values }: Metric) => !name.startsWith(PREFIX) && Array.isArray(values);

/**
 * An aggregator of the application's own is a function, and stays in its thread. A value that is no number has become null
 * on its way here.
 */
const withAggregator = (metric: Metric): Metric => ({
  ...metric,
  values: metric.values.filter(({ value }) => typeof value === 'number'),
  aggregator: aggregators.has(metric.aggregator) ? metric.aggregator : 'sum',
});

import { describe, expect, it } from 'vitest';
import { toMetrics } from '../../../src/stats/exposition.js';
import { BUCKETS, upperBound } from '../../../src/stats/latency.js';
import { exposition } from '../../../src/stats/metrics.js';
import { parseExposition } from '../../support/exposition.js';
import { coreOf, snapshotOf, tallyOf, workerOf } from './snapshots.js';

const vitals = {
  loopDelay: 1500,
  loopDelayMax: 2500,
  oldest: null,
  heapUsed: 10,
  heapTotal: 20,
  external: 30,
};
const aWorker = (age: number) =>
  workerOf({ open: 1, cores: [coreOf({ open: 1, load: 0.5, vitals: { age, ...vitals } })] });

async function familiesOf(snapshot = snapshotOf(), others: Parameters<typeof exposition>[1] = []) {
  return parseExposition((await exposition(toMetrics(snapshot, true), others)).body);
}

describe('the histogram', () => {
  it('has bounds that the finer one has exactly, and loses no request', async () => {
    const latency = new Float64Array(BUCKETS).fill(1);
    const families = await familiesOf(snapshotOf({ tally: tallyOf({ latency, runningTime: 5e6 }) }));
    const { samples } = families.get('uwsgi_node_request_duration_seconds')!;
    const buckets = samples.filter(({ labels }) => labels.le !== undefined && labels.le !== '+Inf');
    expect(buckets.map(({ labels }) => labels.le).slice(0, 2)).toEqual(['0.000512', '0.001024']);
    for (const { labels, value } of buckets) {
      const below = Array.from(latency, (_, bucket) => upperBound(bucket) <= Number(labels.le) * 1e6);
      expect(value).toBe(below.filter(Boolean).length);
    }
    expect(samples.find(({ name }) => name.endsWith('_count'))?.value).toBe(BUCKETS);
    expect(samples.find(({ name }) => name.endsWith('_sum'))?.value).toBe(5);
  });
});

it('takes the silence of a stuck thread for the delay of its event loop', async () => {
  const delay = async (age: number) => {
    const families = await familiesOf(snapshotOf({ workers: [aWorker(age)] }));
    return families.get('uwsgi_node_event_loop_delay_seconds')?.samples[0]?.value;
  };
  expect(await delay(900)).toBe(0.0015);
  expect(await delay(12_000)).toBe(10);
});

describe('metrics of the application', () => {
  const metric = (changes = {}) => ({
    name: 'shop_total',
    help: 'Two\nlines',
    type: 'counter' as const,
    aggregator: 'sum',
    values: [{ value: 1, labels: {} }],
    ...changes,
  });

  it('are added up', async () => {
    const families = await familiesOf(snapshotOf(), [[metric()], [metric()]]);
    expect(families.get('shop_total')).toMatchObject({ samples: [{ value: 2 }] });
  });

  it('do no harm, whatever they are', async () => {
    const values = [{ value: null as unknown as number, labels: { a: '"\\\n' } }];
    const families = await familiesOf(snapshotOf(), [
      [metric({ aggregator: undefined })],
      [metric({ name: 'odd', values })],
      [metric({ name: 'uwsgi_node_ready', values: [{ value: 99, labels: {} }] })],
    ]);
    expect(families.get('shop_total')?.samples[0]?.value).toBe(1);
    expect(families.get('odd')?.samples).toEqual([]);
    expect(families.get('uwsgi_node_ready')?.samples[0]?.value).toBe(1);
  });
});

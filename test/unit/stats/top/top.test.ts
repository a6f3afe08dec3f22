import { describe, expect, it } from 'vitest';
import { upperBound } from '../../../../src/stats/latency.js';
import type { Report } from '../../../../src/stats/report.js';
import { toReport } from '../../../../src/stats/to-report.js';
import { figuresOf } from '../../../../src/stats/top/figures.js';
import { render } from '../../../../src/stats/top/view.js';
import { coreOf, snapshotOf, tallyOf, workerOf } from '../snapshots.js';

const CLOCK = 1_700_000_100_000;
const view = { columns: 200, rows: 30, sortBy: 'i', withCores: false, hasStyle: false };

function reportOf(finished: number, changes: Parameters<typeof workerOf>[0] = {}): Report {
  const tally = tallyOf({ finished, runningTime: finished * 2000, bytes: finished * 100 });
  tally.latency[100] = finished;
  tally.statuses[2] = finished;
  return toReport(snapshotOf({ tally, workers: [workerOf({ tally, ...changes })] }), { noCores: false });
}

describe('what happened between two reports', () => {
  it('are rates, and percentiles of those requests alone', () => {
    const figures = figuresOf(reportOf(300), reportOf(100), 2, CLOCK);
    expect(figures.rates).toEqual({ requests: 100, time: 2000, busy: 0.2, sent: 10_000 });
    expect(figures.workers[0]).toMatchObject({ requests: 100, age: 100 });
    expect(figures.latency?.p99).toBeLessThanOrEqual(upperBound(100));
    expect(figures.responses).toContainEqual(['2xx', 100]);
  });

  it('is unknown at first, and when the server was started again', () => {
    for (const before of [null, reportOf(500)]) {
      expect(figuresOf(reportOf(300), before, 1, CLOCK).rates.requests).toBe(null);
    }
  });
});

it('reads a server that has nothing but the keys of uWSGI', () => {
  const { requests: _, responses: __, latency_histogram: ___, in_flight: ____, ...theirs } = reportOf(5);
  const figures = figuresOf({ ...theirs, server: undefined } as unknown as Report, null, 0, CLOCK);
  expect(figures).toMatchObject({ total: 5, inFlight: 0, latency: null, responses: [] });
  expect(render(figures, view)[0]).toMatch(/^uwsgi 1\.2\.3, pid 100/);
});

describe('the screen', () => {
  it('lets no URI steer the terminal', () => {
    const current = { method: 'GET', uri: '/\x1b[2J\x9b1m', address: '', age: 1500 };
    const report = reportOf(1, { open: 1, cores: [coreOf({ open: 1, current })] });
    const text = render(figuresOf(report, null, 0, CLOCK), view).join('\n');
    expect(text).toContain('GET /?[2J?1m (1.5 s)');
  });

  it('sorts by what was asked for, and is no larger than the terminal', () => {
    const workers = [workerOf({ id: 1, rss: 1 }), workerOf({ id: 2, rss: 2 })];
    const report = toReport(snapshotOf({ workers }), { noCores: false });
    const lines = render(figuresOf(report, null, 0, CLOCK), { ...view, sortBy: 'm', columns: 40, rows: 7 });
    expect(lines).toHaveLength(7);
    expect(lines.every((line) => line.length <= 40)).toBe(true);
    expect(lines.slice(5).map((line) => line.trim()[0])).toEqual(['2', '1']);
  });
});

/** How the cost of a request grows: with connections, vars, body size, threads and processes. No targets: the curves are read. */
import { floor } from '../contenders/floor.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { type Figure, ratioFigure, valueFigure } from '../figure.js';
import { directly, type LoadShape, type Measurement } from '../measure.js';
import type { Case, Results, Session } from '../session.js';

/** A point each, so one round. */
const once = { rounds: 1 };

interface Point {
  label: string;
  load: LoadShape;
  processes?: number;
  threads?: number;
}

const curves: ReadonlyArray<{ title: string; points: Point[] }> = [
  {
    title: 'connections',
    points: [10, 64, 512, 4096].map((connections) => ({ label: String(connections), load: { connections } })),
  },
  {
    title: 'vars',
    points: [0, 20, 80].map((extraVars) => ({ label: String(20 + extraVars), load: { extraVars } })),
  },
  {
    title: 'bytes of request body',
    points: [1_000, 10_000, 64_000, 256_000].map((body) => ({
      label: String(body),
      load: { path: '/upload', body, expectBytes: String(body).length, connections: 16 },
    })),
  },
  {
    title: 'threads',
    points: [1, 2, 4, 8].map((threads) => ({ label: String(threads), load: {}, threads })),
  },
  {
    title: 'processes',
    points: [1, 2, 4].map((processes) => ({ label: String(processes), load: {}, processes })),
  },
];

async function measure(
  session: Session,
  { load, processes = 1, threads = 1 }: Point,
): Promise<Results<Measurement>> {
  const ours = { contender: uwsgiNode, processes, threads };
  // The floor knows no routes, but shares a listener as threads or processes do.
  const entries =
    load.path === undefined
      ? [ours, { contender: floor, processes: processes * threads, threads: 1 }]
      : [ours];
  return session.alternating(entries, directly(load, { apart: processes * threads === 1 }), once);
}

export const growth: Case = {
  id: 'growth',
  title: 'server CPU per request and memory against connections, vars, body size, threads, processes',
  async run(session) {
    const figures: Figure[] = [];
    for (const { title, points } of curves) {
      for (const point of points) {
        const results = await measure(session, point);
        const cpu = (contender: typeof floor) => results.series(contender, (m) => m.cpuPerRequest);
        const memory = results.series(uwsgiNode, (m) => m.pssKiB / 1024);
        const name = `${title}: ${point.label}`;
        figures.push(
          point.load.path === undefined
            ? ratioFigure(`server CPU per request, ${name}`, 'µs', cpu(uwsgiNode), cpu(floor))
            : valueFigure(`server CPU per request, ${name}`, 'µs', cpu(uwsgiNode)),
          valueFigure(`memory (PSS) after that load, ${name}`, 'MiB', memory),
        );
      }
    }
    return figures;
  },
};

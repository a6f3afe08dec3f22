/** What an application sends and takes: JSON, small and large bodies, uploads. Over uwsgi, one process each. */
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { uwsgiPython } from '../contenders/uwsgi-python.js';
import { type Figure, ratioFigure } from '../figure.js';
import { directly, type LoadShape } from '../measure.js';
import type { Case } from '../session.js';

const shape = { processes: 1, threads: 1 };

const payloads: ReadonlyArray<{ title: string; load: LoadShape }> = [
  // JSON.stringify leaves out the blanks that json.dumps puts in.
  { title: 'JSON', load: { path: '/json', expectBytes: null } },
  { title: '10 kB response', load: { path: '/10k', expectBytes: 10_000 } },
  { title: '1 MB response', load: { path: '/1m', expectBytes: 1_000_000, connections: 16 } },
  { title: '10 kB upload', load: { path: '/upload', body: 10_000, expectBytes: 5 } },
  { title: '1 MB upload', load: { path: '/upload', body: 1_000_000, expectBytes: 7, connections: 16 } },
];

export const payloadsCase: Case = {
  id: 'payloads',
  title: 'server CPU per request: JSON, 10 kB and 1 MB responses and uploads',
  async run(session) {
    const entries = [uwsgiNode, uwsgiPython].map((contender) => ({ contender, ...shape }));
    const figures: Figure[] = [];
    for (const { title, load } of payloads) {
      const results = await session.alternating(entries, directly(load), { rounds: 1 });
      const cpu = (contender: typeof uwsgiNode) => results.series(contender, (m) => m.cpuPerRequest);
      figures.push(ratioFigure(`server CPU per request, ${title}`, 'µs', cpu(uwsgiNode), cpu(uwsgiPython)));
    }
    return figures;
  },
};

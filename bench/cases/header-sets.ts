/** What a request costs when hardly two have the same header names: caches keyed by the set of names must not be all there is. */
import { floor } from '../contenders/floor.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { uwsgiPython } from '../contenders/uwsgi-python.js';
import { atMost, ratioFigure } from '../figure.js';
import { directly } from '../measure.js';
import type { Case } from '../session.js';

const HEADER_SETS = 2000;
const shape = { processes: 1, threads: 1 };

export const headerSets: Case = {
  id: 'header-sets',
  title: `server CPU per request with ${HEADER_SETS} different header sets`,
  async run(session) {
    const entries = [uwsgiNode, uwsgiPython, floor].map((contender) => ({ contender, ...shape }));
    const results = await session.alternating(entries, directly({ headerSets: HEADER_SETS }));
    const cpu = (contender: typeof uwsgiNode) => results.series(contender, (m) => m.cpuPerRequest);
    const title = 'server CPU per request, 2 000 header sets';
    return [
      ratioFigure(title, 'µs', cpu(uwsgiNode), cpu(uwsgiPython), atMost(0.62)),
      ratioFigure(title, 'µs', cpu(uwsgiNode), cpu(floor)),
    ];
  },
};

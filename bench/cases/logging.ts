/** What a line for each request costs: the same server with its request log, which goes to a file, and without. */
import { uwsgiNode, uwsgiNodeLogs } from '../contenders/uwsgi-node.js';
import { atMost, ratioFigure } from '../figure.js';
import { directly } from '../measure.js';
import type { Case } from '../session.js';

const shape = { processes: 1, threads: 1 };

export const logging: Case = {
  id: 'logging',
  title: 'server CPU per request with a request log, against none',
  async run(session) {
    const entries = [uwsgiNode, ...uwsgiNodeLogs].map((contender) => ({ contender, ...shape }));
    const results = await session.alternating(entries, directly());
    const cpu = (contender: typeof uwsgiNode) => results.series(contender, (m) => m.cpuPerRequest);
    return uwsgiNodeLogs.map((contender) =>
      ratioFigure(
        `server CPU per request: ${contender.label}`,
        'µs',
        cpu(contender),
        cpu(uwsgiNode),
        atMost(1.15),
      ),
    );
  },
};

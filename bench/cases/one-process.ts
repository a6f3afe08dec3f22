/** The plainest case: a hello over uwsgi, one process each, and the floor beside them. */
import { floor } from '../contenders/floor.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { uwsgiPython } from '../contenders/uwsgi-python.js';
import { atMost, ratioFigure } from '../figure.js';
import { directly } from '../measure.js';
import type { Case } from '../session.js';

const shape = { processes: 1, threads: 1 };

export const oneProcess: Case = {
  id: 'one-process',
  title: 'server CPU per request of one process, one header set, 64 connections',
  async run(session) {
    const entries = [uwsgiNode, uwsgiPython, floor].map((contender) => ({ contender, ...shape }));
    const results = await session.alternating(entries, directly());
    const cpu = (contender: typeof floor) => results.series(contender, (m) => m.cpuPerRequest);
    const rate = (contender: typeof floor) => results.series(contender, (m) => m.requestsPerSecond);
    const title = 'server CPU per request, one process';
    return [
      ratioFigure(title, 'µs', cpu(uwsgiNode), cpu(uwsgiPython), atMost(0.56)),
      ratioFigure(title, 'µs', cpu(uwsgiNode), cpu(floor), atMost(1.2)),
      ratioFigure('requests/s, one process', '/s', rate(uwsgiNode), rate(uwsgiPython)),
    ];
  },
};

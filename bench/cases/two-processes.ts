/** What sharing a listener costs: two processes against a floor of two. */
import { floor } from '../contenders/floor.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { uwsgiPython } from '../contenders/uwsgi-python.js';
import { atMost, ratioFigure } from '../figure.js';
import { directly } from '../measure.js';
import type { Case } from '../session.js';

const shape = { processes: 2, threads: 1 };

export const twoProcesses: Case = {
  id: 'two-processes',
  title: 'server CPU per request of two processes, 64 connections',
  async run(session) {
    const entries = [uwsgiNode, uwsgiPython, floor].map((contender) => ({ contender, ...shape }));
    const results = await session.alternating(entries, directly({}, { apart: false }));
    const cpu = (contender: typeof floor) => results.series(contender, (m) => m.cpuPerRequest);
    const title = 'server CPU per request, two processes';
    return [
      ratioFigure(title, 'µs', cpu(uwsgiNode), cpu(floor), atMost(1.25)),
      ratioFigure(title, 'µs', cpu(uwsgiNode), cpu(uwsgiPython)),
    ];
  },
};

/** What fast requests suffer when a few others burn CPU: nobody may hold an accepted request while running another. */
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { uwsgiPython } from '../contenders/uwsgi-python.js';
import { atMost, ratioFigure } from '../figure.js';
import { measureLoad } from '../measure.js';
import type { Case } from '../session.js';

const SLOW_SHARE = 0.005;

export const slowNeighbours: Case = {
  id: 'slow-neighbours',
  title: 'p99 of fast requests while 0.5 % burn 20 ms of CPU: 4 threads against 4 uWSGI processes',
  async run(session) {
    const entries = [
      { contender: uwsgiNode, processes: 1, threads: 4 },
      { contender: uwsgiPython, processes: 4, threads: 1 },
    ];
    const results = await session.servers(entries, (server) =>
      measureLoad(server, session.options.seconds, { slowShare: SLOW_SHARE }),
    );
    const p99 = (contender: typeof uwsgiNode) => results.series(contender, (m) => m.p99 / 1000);
    const title = 'p99 of fast requests, 0.5 % burn 20 ms CPU, 4 threads / 4 processes';
    return [ratioFigure(title, 'ms', p99(uwsgiNode), p99(uwsgiPython), atMost(1))];
  },
};

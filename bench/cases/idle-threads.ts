/** How many sleeping threads a connection wakes: with a thundering herd, all of them. */
import { floor } from '../contenders/floor.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { atMost, valueFigure } from '../figure.js';
import { measureLoad } from '../measure.js';
import type { Case } from '../session.js';

export const idleThreads: Case = {
  id: 'idle-threads',
  title: 'voluntary context switches per request, 8 idle threads, 1 connection at a time',
  async run(session) {
    const entries = [
      { contender: uwsgiNode, processes: 1, threads: 8 },
      { contender: floor, processes: 8, threads: 1 },
    ];
    const results = await session.servers(entries, (server) =>
      measureLoad(server, session.options.seconds, { connections: 1 }),
    );
    const switches = (contender: typeof floor) => results.series(contender, (m) => m.switchesPerRequest);
    const title = 'voluntary context switches per request, 8 idle threads, 1 connection at a time';
    return [
      valueFigure(title, '', switches(uwsgiNode), atMost(1.3)),
      valueFigure(`the same of the floor, 8 processes`, '', switches(floor)),
    ];
  },
};

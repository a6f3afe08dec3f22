/** Handlers that wait 5 ms, as for a database, with 256 requests open at once: one JS thread against 64 Python threads. */
import { nodeHttp } from '../contenders/node-http.js';
import { uwsgiNode, uwsgiNodeHttp } from '../contenders/uwsgi-node.js';
import { uwsgiPython } from '../contenders/uwsgi-python.js';
import { ratioFigure } from '../figure.js';
import { HTTP_SLICE_S, overHttp } from '../http-load.js';
import { directly } from '../measure.js';
import type { Case } from '../session.js';

const CONNECTIONS = 256;
const shape = { processes: 1, threads: 1 };

export const waiting: Case = {
  id: 'waiting',
  title: `handlers that wait 5 ms, ${CONNECTIONS} connections`,
  async run(session) {
    const uwsgi = await session.alternating(
      [
        { contender: uwsgiNode, ...shape },
        { contender: uwsgiPython, processes: 1, threads: 64 },
      ],
      directly({ path: '/wait', connections: CONNECTIONS }, { sliceSeconds: HTTP_SLICE_S }),
      { sliceSeconds: HTTP_SLICE_S },
    );
    const http = await session.alternating(
      [uwsgiNodeHttp, nodeHttp].map((contender) => ({ contender, ...shape })),
      overHttp({ path: '/wait', connections: CONNECTIONS }),
      { sliceSeconds: HTTP_SLICE_S },
    );
    const rate = (contender: typeof uwsgiNode) => uwsgi.series(contender, (m) => m.requestsPerSecond);
    const p99 = (contender: typeof uwsgiNode) => uwsgi.series(contender, (m) => m.p99 / 1000);
    const cpu = (contender: typeof uwsgiNode) => http.series(contender, (m) => m.cpuPerRequest);
    return [
      ratioFigure('requests/s, handlers wait 5 ms, 1 / 64 threads', '/s', rate(uwsgiNode), rate(uwsgiPython)),
      ratioFigure('p99, handlers wait 5 ms, 1 / 64 threads', 'ms', p99(uwsgiNode), p99(uwsgiPython)),
      ratioFigure(
        'server CPU per request, handlers wait 5 ms, HTTP',
        'µs',
        cpu(uwsgiNodeHttp),
        cpu(nodeHttp),
      ),
    ];
  },
};

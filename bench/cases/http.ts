/**
 * HTTP without nginx. The front is held against bare uWebSockets.js: answering a constant, and building an environ by hand.
 * wrk drives these; what a Node client can drive is in `node-servers`.
 */
import type { Contender } from '../contender.js';
import { bareUws, nodeHttp, uwsEnviron } from '../contenders/node-http.js';
import { uwsgiNodeHttp } from '../contenders/uwsgi-node.js';
import { atLeast, ratioFigure } from '../figure.js';
import { HTTP_SLICE_S, overHttp } from '../http-load.js';
import type { Case } from '../session.js';

const shape = { processes: 1, threads: 1 };

export const http: Case = {
  id: 'http',
  title: '--http-socket against bare uWebSockets.js and node:http',
  async run(session) {
    const entries = [uwsgiNodeHttp, uwsEnviron, bareUws, nodeHttp].map((contender) => ({
      contender,
      ...shape,
    }));
    const results = await session.alternating(entries, overHttp(), { sliceSeconds: HTTP_SLICE_S });
    const rate = (contender: Contender) => results.series(contender, (m) => m.requestsPerSecond);
    const cpu = (contender: Contender) => results.series(contender, (m) => m.cpuPerRequest);
    const title = 'requests/s, HTTP without nginx';
    const cpuTitle = 'server CPU per request, HTTP without nginx';
    return [
      ratioFigure(title, '/s', rate(uwsgiNodeHttp), rate(uwsEnviron), atLeast(0.7)),
      ratioFigure(title, '/s', rate(uwsgiNodeHttp), rate(bareUws)),
      ratioFigure(title, '/s', rate(uwsgiNodeHttp), rate(nodeHttp), atLeast(1.6)),
      ratioFigure(cpuTitle, 'µs', cpu(uwsgiNodeHttp), cpu(bareUws)),
      ratioFigure(cpuTitle, 'µs', cpu(uwsgiNodeHttp), cpu(nodeHttp)),
    ];
  },
};

/** Every way from one nginx worker to a server of one process: what a browser sees, and what the server pays. */

import type { Contender } from '../contender.js';
import { fastcgiFloor, floor } from '../contenders/floor.js';
import { gunicorn } from '../contenders/gunicorn.js';
import { bareUws, nodeHttp } from '../contenders/node-http.js';
import { uwsgiNode, uwsgiNodeFastcgi, uwsgiNodeHttp, uwsgiNodeHttpUnix } from '../contenders/uwsgi-node.js';
import { uwsgiPython } from '../contenders/uwsgi-python.js';
import { atLeast, ratioFigure, valueFigure } from '../figure.js';
import { behindNginx, HTTP_SLICE_S } from '../http-load.js';
import type { Case } from '../session.js';
import { summedRatio } from '../statistics.js';

const shape = { processes: 1, threads: 1 };

export const lanes: Case = {
  id: 'lanes',
  title: 'requests/s and server CPU behind one nginx worker: uwsgi, FastCGI and HTTP, here and elsewhere',
  async run(session) {
    const ours = [uwsgiNode, uwsgiNodeFastcgi, uwsgiNodeHttp, uwsgiNodeHttpUnix];
    const others = [uwsgiPython, bareUws, nodeHttp, gunicorn, floor, fastcgiFloor];
    const entries = [...ours, ...others].map((contender) => ({ contender, ...shape }));
    const results = await session.alternating(entries, behindNginx(), { sliceSeconds: HTTP_SLICE_S });
    const closing = await session.alternating(
      [uwsgiNode, uwsgiPython].map((contender) => ({ contender, ...shape })),
      behindNginx({ closing: true }),
      { sliceSeconds: HTTP_SLICE_S, rounds: 1 },
    );
    const closed = (contender: Contender) => closing.series(contender, (m) => m.requestsPerSecond);
    const rate = (contender: Contender) => results.series(contender, (m) => m.requestsPerSecond);
    const cpu = (contender: Contender) => results.series(contender, (m) => m.cpuPerRequest);
    const title = 'requests/s behind one nginx worker';
    const cpuTitle = 'server CPU per request behind nginx';
    return [
      ratioFigure(`${title}: uwsgi`, '/s', rate(uwsgiNode), rate(uwsgiPython), atLeast(1.2)),
      ratioFigure(`${title}: FastCGI`, '/s', rate(uwsgiNodeFastcgi), rate(uwsgiPython), atLeast(1.8)),
      ratioFigure(`${title}: FastCGI`, '/s', rate(uwsgiNodeFastcgi), rate(bareUws), atLeast(1), summedRatio),
      // What no server in our place can beat on this machine.
      ratioFigure(`${title}: the uwsgi floor`, '/s', rate(floor), rate(uwsgiPython)),
      ratioFigure(`${title}: the FastCGI floor`, '/s', rate(fastcgiFloor), rate(uwsgiPython)),
      ratioFigure(`${title}: the FastCGI floor`, '/s', rate(fastcgiFloor), rate(bareUws), null, summedRatio),
      ratioFigure(`${title}: HTTP`, '/s', rate(uwsgiNodeHttp), rate(nodeHttp)),
      ratioFigure(`${title}: HTTP over a unix socket`, '/s', rate(uwsgiNodeHttpUnix), rate(nodeHttp)),
      ratioFigure(`${title}: uwsgi, clients close`, '/s', closed(uwsgiNode), closed(uwsgiPython)),
      valueFigure(`${title}: gunicorn`, '/s', rate(gunicorn)),
      ratioFigure(`${cpuTitle}: uwsgi`, 'µs', cpu(uwsgiNode), cpu(uwsgiPython)),
      ratioFigure(`${cpuTitle}: FastCGI`, 'µs', cpu(uwsgiNodeFastcgi), cpu(uwsgiPython)),
      ratioFigure(`${cpuTitle}: HTTP`, 'µs', cpu(uwsgiNodeHttp), cpu(nodeHttp)),
      ratioFigure(`${cpuTitle}: HTTP over a unix socket`, 'µs', cpu(uwsgiNodeHttpUnix), cpu(bareUws)),
      valueFigure(`${cpuTitle}: gunicorn`, 'µs', cpu(gunicorn)),
    ];
  },
};

/** What a browser behind one nginx worker sees: wrk over kept-alive connections. */
import type { RunningServer } from '../contender.js';
import { nodeHttp } from '../contenders/node-http.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { uwsgiPython } from '../contenders/uwsgi-python.js';
import { errors } from '../errors.js';
import { atLeast, ratioFigure } from '../figure.js';
import { costOf } from '../measure.js';
import { startNginx } from '../nginx.js';
import { memoryOf } from '../process-usage.js';
import type { Case } from '../session.js';
import { runWrk } from '../wrk.js';

const CONNECTIONS = 64;
const shape = { processes: 1, threads: 1 };

export async function measureBehindNginx(server: RunningServer, dir: string, seconds: number) {
  const nginx = await startNginx(dir, { upstream: server.endpoint });
  try {
    await runWrk(nginx.url, CONNECTIONS, 1);
    const load = () => runWrk(nginx.url, CONNECTIONS, seconds);
    const { result, cost } = await costOf(server, load, nginx.pids);
    if (result.errors.total > 0) throw errors.requestsFailed(server.contender.label, result.errors);
    return {
      requests: result.requests,
      requestsPerSecond: result.requests / (result.microseconds / 1e6),
      cpuPerRequest: cost.cpuNs / 1000 / result.requests,
      p50: result.p50,
      p99: result.p99,
      ...memoryOf(server.pids()),
      foreignCores: cost.foreignCores,
    };
  } finally {
    await nginx.stop();
  }
}

export const behindNginx: Case = {
  id: 'behind-nginx',
  title: 'requests/s and server CPU behind one nginx worker, one process each',
  async run(session) {
    const entries = [uwsgiNode, uwsgiPython, nodeHttp].map((contender) => ({ contender, ...shape }));
    const { seconds } = session.options;
    const results = await session.servers(entries, (server, dir) => measureBehindNginx(server, dir, seconds));
    const rate = (contender: typeof nodeHttp) => results.series(contender, (m) => m.requestsPerSecond);
    const cpu = (contender: typeof nodeHttp) => results.series(contender, (m) => m.cpuPerRequest);
    const title = 'requests/s behind one nginx worker';
    const cpuTitle = 'server CPU per request behind nginx';
    return [
      ratioFigure(title, '/s', rate(uwsgiNode), rate(uwsgiPython), atLeast(1.2)),
      ratioFigure(title, '/s', rate(uwsgiNode), rate(nodeHttp)),
      ratioFigure(cpuTitle, 'µs', cpu(uwsgiNode), cpu(uwsgiPython)),
      ratioFigure(cpuTitle, 'µs', cpu(uwsgiNode), cpu(nodeHttp)),
    ];
  },
};

/** The HTTP front without nginx, against Node's own server: autocannon over kept-alive connections. */
import autocannon from 'autocannon';
import type { RunningServer } from '../contender.js';
import { nodeHttp } from '../contenders/node-http.js';
import { uwsgiNodeHttp } from '../contenders/uwsgi-node.js';
import { errors } from '../errors.js';
import { ratioFigure } from '../figure.js';
import { costOf } from '../measure.js';
import type { Case } from '../session.js';

const CONNECTIONS = 64;

async function measure(server: RunningServer, seconds: number) {
  const url = `http://${server.endpoint.address}/`;
  const load = (duration: number) => autocannon({ url, connections: CONNECTIONS, duration });
  await load(1);
  const { result, cost } = await costOf(server, () => load(Math.max(1, Math.round(seconds))));
  const { errors: failed, timeouts, non2xx, mismatches, requests } = result;
  if (failed + timeouts + non2xx + mismatches > 0) {
    throw errors.requestsFailed(server.contender.label, { failed, timeouts, non2xx, mismatches });
  }
  return {
    requests: requests.total,
    requestsPerSecond: requests.average,
    cpuPerRequest: cost.cpuNs / 1000 / requests.total,
    p99: result.latency.p99 * 1000,
    foreignCores: cost.foreignCores,
  };
}

export const http: Case = {
  id: 'http',
  title: 'server CPU per request of --http-socket against node:http, kept-alive connections',
  async run(session) {
    const entries = [uwsgiNodeHttp, nodeHttp].map((contender) => ({ contender, processes: 1, threads: 1 }));
    const results = await session.servers(entries, (server) => measure(server, session.options.seconds));
    const cpu = (contender: typeof nodeHttp) => results.series(contender, (m) => m.cpuPerRequest);
    const rate = (contender: typeof nodeHttp) => results.series(contender, (m) => m.requestsPerSecond);
    return [
      ratioFigure('server CPU per request, HTTP without nginx', 'µs', cpu(uwsgiNodeHttp), cpu(nodeHttp)),
      ratioFigure('requests/s, HTTP without nginx (autocannon)', '/s', rate(uwsgiNodeHttp), rate(nodeHttp)),
    ];
  },
};

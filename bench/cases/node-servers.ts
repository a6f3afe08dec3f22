/** What Node users start today, without nginx, driven by autocannon, which is a Node program itself. Two processes each. */
import autocannon from 'autocannon';
import type { Contender, RunningServer } from '../contender.js';
import { frameworks, withNodeHttp } from '../contenders/frameworks.js';
import { nodeCluster } from '../contenders/node-http.js';
import { uwsgiNodeHttp } from '../contenders/uwsgi-node.js';
import { errors } from '../errors.js';
import { ratioFigure } from '../figure.js';
import { HTTP_SLICE_S } from '../http-load.js';
import { costOf } from '../measure.js';
import type { Case, Loaded } from '../session.js';

const CONNECTIONS = 64;

async function measure(server: RunningServer) {
  const url = `http://${server.endpoint.address}/`;
  const work = () => autocannon({ url, connections: CONNECTIONS, duration: HTTP_SLICE_S });
  const { result, cost } = await costOf(server, work);
  const { errors: failed, timeouts, non2xx, mismatches, requests } = result;
  if (failed + timeouts + non2xx + mismatches > 0) {
    throw errors.requestsFailed(server.contender.label, { failed, timeouts, non2xx, mismatches });
  }
  return {
    requests: requests.total,
    cpuPerRequest: cost.cpuNs / 1000 / requests.total,
    p99: result.latency.p99 * 1000,
    foreignCores: cost.foreignCores,
  };
}

export const nodeServers: Case = {
  id: 'node-servers',
  title: 'node:cluster, Express and Fastify by themselves, against --http-socket; autocannon',
  async run(session) {
    const [, express, fastify] = frameworks.map(withNodeHttp) as [Contender, Contender, Contender];
    const contenders = [uwsgiNodeHttp, nodeCluster, express, fastify];
    const entries = contenders.map((contender) => ({ contender, processes: 2, threads: 1 }));
    const load = async (server: RunningServer): Promise<Loaded<Awaited<ReturnType<typeof measure>>>> => ({
      warmUp: () => measure(server),
      slice: () => measure(server),
    });
    const results = await session.alternating(entries, load, { sliceSeconds: HTTP_SLICE_S, rounds: 1 });
    const cpu = (contender: Contender) => results.series(contender, (m) => m.cpuPerRequest);
    return [nodeCluster, express, fastify].map((other) =>
      ratioFigure('server CPU per request, HTTP, autocannon', 'µs', cpu(uwsgiNodeHttp), cpu(other)),
    );
  },
};

/** What settings around the server are worth: the socket's kind, nginx's upstream connections, the listener's queue. */
import type { Contender } from '../contender.js';
import { uwsgiNode, uwsgiNodeHttp, uwsgiNodeShortQueue, uwsgiNodeTcp } from '../contenders/uwsgi-node.js';
import { type Figure, ratioFigure, valueFigure } from '../figure.js';
import { behindNginx, HTTP_SLICE_S } from '../http-load.js';
import { directly } from '../measure.js';
import type { Case, Session } from '../session.js';

const entry = (contender: Contender) => ({ contender, processes: 1, threads: 1 });
/** More than a short queue holds. */
const BURST = 512;

async function socketKind(session: Session): Promise<Figure[]> {
  const results = await session.alternating([uwsgiNode, uwsgiNodeTcp].map(entry), directly(), { rounds: 1 });
  const cpu = (contender: Contender) => results.series(contender, (m) => m.cpuPerRequest);
  return [ratioFigure('server CPU per request, unix socket or TCP', 'µs', cpu(uwsgiNode), cpu(uwsgiNodeTcp))];
}

async function keptUpstreams(session: Session): Promise<Figure[]> {
  const slices = { sliceSeconds: HTTP_SLICE_S, rounds: 1 };
  const measure = async (keepAlive: boolean) => {
    const load = behindNginx({ nginx: { keepAlive } });
    const results = await session.alternating([entry(uwsgiNodeHttp)], load, slices);
    return results.series(uwsgiNodeHttp, (m) => m.cpuPerRequest);
  };
  const kept = await measure(true);
  const fresh = { ...(await measure(false)), label: 'without keepalive in the upstream' };
  return [ratioFigure('server CPU per request, proxy_pass with keepalive', 'µs', kept, fresh)];
}

async function queue(session: Session): Promise<Figure[]> {
  const contenders = [uwsgiNode, uwsgiNodeShortQueue];
  const load = directly({ connections: BURST });
  const results = await session.alternating(contenders.map(entry), load, { rounds: 1 });
  return contenders.map((contender) => {
    const retries = results.series(contender, (m) => m.retriesPerThousand);
    const title = `refused connections per 1 000 requests, ${BURST} at once: ${contender.label}`;
    return valueFigure(title, '', retries);
  });
}

export const tuning: Case = {
  id: 'tuning',
  title: 'unix socket or TCP, kept upstream connections or new ones, a long queue or a short one',
  run: async (session) => [
    ...(await socketKind(session)),
    ...(await keptUpstreams(session)),
    ...(await queue(session)),
  ],
};

/** What it costs to run an unchanged application here instead of by itself: both behind one nginx worker. */
import autocannon from 'autocannon';
import { allocatedDuring, counting } from '../allocations.js';
import type { Contender } from '../contender.js';
import { floor } from '../contenders/floor.js';
import { frameworks, withNodeHttp, withUwsgiNode } from '../contenders/frameworks.js';
import { errors } from '../errors.js';
import { atLeast, atMost, type Figure, ratioFigure, type Target } from '../figure.js';
import { BROWSER_HEADERS, behindNginx, HTTP_SLICE_S } from '../http-load.js';
import { startNginx } from '../nginx.js';
import type { Case, Session } from '../session.js';

const shape = { processes: 1, threads: 1 };
/** Enough for what the counter itself allocates not to show. */
const COUNTED_REQUESTS = 20_000;
const WARM_UP_REQUESTS = 5_000;

const pairs = frameworks.map((framework) => ({
  framework,
  here: withUwsgiNode(framework),
  kept: withUwsgiNode(framework, 'fastcgi'),
  alone: withNodeHttp(framework),
}));

async function speed(session: Session): Promise<Figure[]> {
  const contenders = [floor, ...pairs.flatMap(({ here, kept, alone }) => [here, kept, alone])];
  const entries = contenders.map((contender) => ({ contender, ...shape }));
  const results = await session.alternating(entries, behindNginx(), { sliceSeconds: HTTP_SLICE_S });
  const cpu = (contender: Contender) => results.series(contender, (m) => m.cpuPerRequest);
  const rate = (contender: Contender) => results.series(contender, (m) => m.requestsPerSecond);
  return pairs.flatMap(({ framework: { name, app }, here, kept, alone }) => {
    // So little work that nginx is the slower side, which opens a connection for each uwsgi request.
    const isBare = app === 'listener.js';
    const lane = (contender: Contender, what: string, cheap: Target | null, enough: Target | null) => [
      ratioFigure(`server CPU per request behind nginx, ${what}`, 'µs', cpu(contender), cpu(alone), cheap),
      ratioFigure(`requests/s behind one nginx worker, ${what}`, '/s', rate(contender), rate(alone), enough),
    ];
    return [
      ...lane(here, name, atMost(0.8), isBare ? null : atLeast(1)),
      // Without an application: what no server in our place can beat on this machine.
      ...lane(floor, `the uwsgi floor for ${name}`, null, null),
      ...lane(kept, `${name} over FastCGI`, atMost(0.8), atLeast(1)),
    ];
  });
}

async function ask(url: string, amount: number): Promise<void> {
  const headers = Object.fromEntries(BROWSER_HEADERS.map((header) => header.split(': ') as [string, string]));
  const { errors: failed, timeouts, non2xx } = await autocannon({ url, headers, amount, connections: 16 });
  if (failed + timeouts + non2xx > 0) throw errors.requestsFailed(url, { failed, timeouts, non2xx });
}

async function memory(session: Session): Promise<Figure[]> {
  const entries = pairs.flatMap(({ here, alone }) =>
    [here, alone].map((contender) => ({ contender: counting(contender), ...shape })),
  );
  const count = async (dir: string, url: string) => {
    await ask(url, WARM_UP_REQUESTS);
    const bytes = await allocatedDuring(dir, () => ask(url, COUNTED_REQUESTS));
    return { bytesPerRequest: bytes / COUNTED_REQUESTS };
  };
  const results = await session.servers(
    entries,
    async (server, dir) => {
      const nginx = await startNginx(dir, { upstream: server.endpoint });
      return count(dir, nginx.url).finally(nginx.stop);
    },
    1,
  );
  return pairs.map(({ framework: { name }, here, alone }) => {
    const bytes = (contender: typeof here) => results.series(contender, (m) => m.bytesPerRequest);
    return ratioFigure(`bytes allocated per request, ${name}`, 'B', bytes(here), bytes(alone), atMost(1));
  });
}

export const frameworksCase: Case = {
  id: 'frameworks',
  title:
    'Express, Fastify and a bare listener: uwsgi_pass and kept FastCGI to this server, proxy_pass keep-alive to node:http',
  run: async (session) => [...(await speed(session)), ...(await memory(session))],
};

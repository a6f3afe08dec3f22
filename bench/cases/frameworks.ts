/** What it costs to run an unchanged application here instead of by itself: both behind one nginx worker. */
import { frameworks, withNodeHttp, withUwsgiNode } from '../contenders/frameworks.js';
import { atLeast, atMost, ratioFigure } from '../figure.js';
import type { Case } from '../session.js';
import { measureBehindNginx } from './behind-nginx.js';

const shape = { processes: 1, threads: 1 };

export const frameworksCase: Case = {
  id: 'frameworks',
  title:
    'Express, Fastify and a bare listener: uwsgi_pass to this server, proxy_pass keep-alive to node:http',
  async run(session) {
    const pairs = frameworks.map((framework) => ({
      framework,
      here: withUwsgiNode(framework),
      alone: withNodeHttp(framework),
    }));
    const entries = pairs.flatMap(({ here, alone }) => [
      { contender: here, ...shape },
      { contender: alone, ...shape },
    ]);
    const { seconds } = session.options;
    const results = await session.servers(entries, (server, dir) => measureBehindNginx(server, dir, seconds));
    return pairs.flatMap(({ framework: { name }, here, alone }) => {
      const cpu = (contender: typeof here) => results.series(contender, (m) => m.cpuPerRequest);
      const rate = (contender: typeof here) => results.series(contender, (m) => m.requestsPerSecond);
      return [
        ratioFigure(`server CPU per request behind nginx, ${name}`, 'µs', cpu(here), cpu(alone), atMost(0.8)),
        ratioFigure(`requests/s behind one nginx worker, ${name}`, '/s', rate(here), rate(alone), atLeast(1)),
      ];
    });
  },
};

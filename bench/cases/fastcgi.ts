/** FastCGI over connections that stay open, without nginx: what is left when nobody accepts and closes. */
import { fastcgiFloor } from '../contenders/floor.js';
import { uwsgiNodeFastcgi } from '../contenders/uwsgi-node.js';
import { atMost, ratioFigure } from '../figure.js';
import { directly } from '../measure.js';
import type { Case } from '../session.js';

const shape = { processes: 1, threads: 1 };

export const fastcgi: Case = {
  id: 'fastcgi',
  title: 'server CPU per request over FastCGI, 64 kept connections, against the constant responder',
  async run(session) {
    const entries = [uwsgiNodeFastcgi, fastcgiFloor].map((contender) => ({ contender, ...shape }));
    const results = await session.alternating(entries, directly());
    const cpu = (contender: typeof fastcgiFloor) => results.series(contender, (m) => m.cpuPerRequest);
    const rate = (contender: typeof fastcgiFloor) => results.series(contender, (m) => m.requestsPerSecond);
    return [
      ratioFigure(
        'server CPU per request, FastCGI',
        'µs',
        cpu(uwsgiNodeFastcgi),
        cpu(fastcgiFloor),
        atMost(1.8),
      ),
      ratioFigure('requests/s, FastCGI', '/s', rate(uwsgiNodeFastcgi), rate(fastcgiFloor)),
    ];
  },
};

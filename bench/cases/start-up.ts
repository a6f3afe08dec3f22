/** How long a server takes from being spawned to its first answer. */

import { spawnContender } from '../contender.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { uwsgiPython } from '../contenders/uwsgi-python.js';
import { atMost, valueFigure } from '../figure.js';
import { untilReady } from '../probe.js';
import type { Case, Entry } from '../session.js';
import type { SlowRounds } from '../slow-work.js';

const SPAWNS = 10;

async function timeStart({ contender, processes, threads }: Entry, dir: string, slowRounds: SlowRounds) {
  const started = performance.now();
  const { child, endpoint } = await spawnContender(contender, { dir, processes, threads, slowRounds });
  try {
    await untilReady(endpoint, child);
    return { command: child.command, measurement: { startMs: performance.now() - started } };
  } finally {
    await child.stop();
  }
}

export const startUp: Case = {
  id: 'start-up',
  title: `start to first answer, one worker, median of ${SPAWNS} spawns`,
  async run(session) {
    const entries = [uwsgiNode, uwsgiPython].map((contender) => ({ contender, processes: 1, threads: 1 }));
    const results = await session.rounds(entries, SPAWNS, (entry, dir) =>
      timeStart(entry, dir, session.slowRounds),
    );
    const start = (contender: typeof uwsgiNode) => results.series(contender, (m) => m.startMs);
    return [
      valueFigure('start to first answer, one worker', 'ms', start(uwsgiNode), atMost(300)),
      valueFigure('the same of uWSGI + Python', 'ms', start(uwsgiPython)),
    ];
  },
};

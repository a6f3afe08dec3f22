/** What a server that does nothing keeps: master and one process with five threads, after its first answer. */
import { setTimeout as delay } from 'node:timers/promises';
import { program } from '../contenders/node-http.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { uwsgiPython } from '../contenders/uwsgi-python.js';
import { atMost, valueFigure } from '../figure.js';
import { memoryOf } from '../process-usage.js';
import type { Case } from '../session.js';

const THREADS = 5;
/** For what the start has left over to be freed. */
const SETTLE_MS = 1000;

/** A program that keeps as many empty threads: what Node itself takes. */
const bareNode = program('bare-node', 'bare Node', 'threads.js', () => [String(THREADS)]);

export const idleMemory: Case = {
  id: 'idle-memory',
  title: `idle memory (PSS) of master and one process with ${THREADS} threads`,
  async run(session) {
    const entries = [uwsgiNode, bareNode, uwsgiPython].map((contender) => ({
      contender,
      processes: 1,
      threads: THREADS,
    }));
    const results = await session.servers(
      entries,
      async (server) => {
        await delay(SETTLE_MS);
        return memoryOf(server.pids());
      },
      1,
    );
    const pss = (contender: typeof uwsgiNode) => results.series(contender, (m) => m.pssKiB / 1024);
    const title = `idle memory (PSS), ${THREADS} threads`;
    return [
      valueFigure(title, 'MiB', pss(uwsgiNode), atMost(95)),
      valueFigure(`${title}: bare Node`, 'MiB', pss(bareNode)),
      valueFigure(`${title}: uWSGI + Python`, 'MiB', pss(uwsgiPython)),
    ];
  },
};

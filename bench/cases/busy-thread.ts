/**
 * Whether a connection can be stranded: one thread of two burns for 2 s, and connections keep arriving. Each must be
 * answered by the other thread at once, whatever the moment: just after the burn began, while the kernel still
 * believes that the busy thread will take it, or much later.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningServer } from '../contender.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { errors } from '../errors.js';
import { atMost, valueFigure } from '../figure.js';
import { ask, isOk } from '../probe.js';
import type { Case } from '../session.js';
import { median } from '../statistics.js';

const BURN_MS = 2000;
const BURNS_PER_ROUND = 4;
/** The longest pause between two probes. */
const PAUSE_MS = 40;

async function timedAsk(server: RunningServer, path: string): Promise<number> {
  const started = performance.now();
  if (!isOk(await ask(server.endpoint, path))) {
    throw errors.wrongAnswer(server.contender.label, `${path} was not answered with a 200`);
  }
  return performance.now() - started;
}

/** Latencies in ms of the probes sent while one thread burnt. */
async function probeDuringBurn(server: RunningServer): Promise<number[]> {
  const latencies: number[] = [];
  let burning = true;
  const burn = timedAsk(server, `/burn?${BURN_MS}`).finally(() => {
    burning = false;
  });
  while (burning) {
    // Every third probe follows the one before at once, the others at any moment.
    if (Math.random() < 2 / 3) await delay(Math.random() * PAUSE_MS);
    latencies.push(await timedAsk(server, '/'));
  }
  await burn;
  return latencies;
}

async function measure(server: RunningServer) {
  // Both threads have compiled the application before anything is timed.
  for (let i = 0; i < 2000; i++) await timedAsk(server, '/');
  const latencies: number[] = [];
  for (let i = 0; i < BURNS_PER_ROUND; i++) latencies.push(...(await probeDuringBurn(server)));
  return { probes: latencies.length, medianMs: median(latencies), worstMs: Math.max(...latencies) };
}

export const busyThread: Case = {
  id: 'busy-thread',
  title: 'a connection that arrives while one thread burns 2 s and another idles is answered in',
  async run(session) {
    const entries = [2, 4].map((threads) => ({ contender: uwsgiNode, processes: 1, threads }));
    const figures = [];
    for (const entry of entries) {
      const results = await session.servers([entry], measure);
      const worst = results.series(uwsgiNode, (m) => m.worstMs);
      const title = `answer to a connection while 1 of ${entry.threads} threads burns 2 s: the worst`;
      figures.push(valueFigure(title, 'ms', worst, atMost(20), (values) => Math.max(...values)));
    }
    return figures;
  },
};

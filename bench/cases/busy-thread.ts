/**
 * Whether a connection can be stranded: one thread burns for 2 s while another idles, and connections keep arriving.
 * Each must be answered by the idle thread at once, whatever the moment: together with the burn, just after it, while
 * the kernel still believes that the busy thread will take it, or much later.
 *
 * The load generator asks, not this process: as nginx does, it writes the packet in the moment it has connected.
 * Node's own sockets write a turn of the loop later, and a connection that was accepted before its packet came belongs
 * to its thread, busy or not.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningServer } from '../contender.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { errors } from '../errors.js';
import { atMost, type Figure, valueFigure } from '../figure.js';
import { type LoadOptions, runLoad } from '../load.js';
import { HELLO_BYTES } from '../measure.js';
import type { Case } from '../session.js';
import { median } from '../statistics.js';

const BURN_MS = 2000;
const BURNS_PER_ROUND = 5;
/** Requests of one probe at most, each on a connection of its own, one after the other. */
const PROBE_REQUESTS = 5;
/** The longest pause between two probes, ms. */
const PAUSE_MS = 20;

/** The slowest answer, ms. */
async function slowest(server: RunningServer, options: Omit<LoadOptions, 'socket'>): Promise<number> {
  const socket = server.endpoint.address;
  const report = await runLoad({ socket, connections: 1, expectBytes: HELLO_BYTES, ...options });
  if (report.errors.total > 0) throw errors.requestsFailed(server.contender.label, report.errors);
  return report.latency_us.fast.max / 1000;
}

/** The slowest answers of the probes sent while one thread burnt, ms. */
async function probeDuringBurn(server: RunningServer): Promise<number[]> {
  const latencies: number[] = [];
  let burning = true;
  const burn = slowest(server, { path: `/burn?${BURN_MS}`, requests: 1 }).finally(() => {
    burning = false;
  });
  while (burning) {
    const requests = 1 + Math.floor(Math.random() * PROBE_REQUESTS);
    latencies.push(await slowest(server, { requests }));
    await delay(Math.random() * PAUSE_MS);
  }
  await burn;
  return latencies;
}

async function measure(server: RunningServer) {
  // Every thread has compiled the application before anything is timed.
  await slowest(server, { requests: 5000, connections: 16 });
  const latencies: number[] = [];
  for (let i = 0; i < BURNS_PER_ROUND; i++) latencies.push(...(await probeDuringBurn(server)));
  return { probes: latencies.length, medianMs: median(latencies), worstMs: Math.max(...latencies) };
}

export const busyThread: Case = {
  id: 'busy-thread',
  title: 'the worst answer to a connection that arrives while one thread burns 2 s and another idles',
  async run(session) {
    const figures: Figure[] = [];
    for (const threads of [2, 4]) {
      const results = await session.servers([{ contender: uwsgiNode, processes: 1, threads }], measure);
      const worst = results.series(uwsgiNode, (m) => m.worstMs);
      const title = `answer to a connection while 1 of ${threads} threads burns 2 s: the worst`;
      figures.push(valueFigure(title, 'ms', worst, atMost(20), (values) => Math.max(...values)));
    }
    return figures;
  },
};

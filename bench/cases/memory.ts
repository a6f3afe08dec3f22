/** Whether memory grows with the number of requests, with one header set and with more than any cache may keep. */
import type { RunningServer } from '../contender.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { errors } from '../errors.js';
import { atMost, valueFigure } from '../figure.js';
import { runLoad } from '../load.js';
import { HELLO_BYTES } from '../measure.js';
import { memoryOf } from '../process-usage.js';
import type { Case } from '../session.js';
import { slope } from '../statistics.js';

/** The heap of a fresh V8 grows until its young generation has found its size. */
const WARM_UP_REQUESTS = 200_000;
const STEPS = 10;
/** What two samples of the same idle process differ by: garbage that has not been collected yet. */
const NOISE_MIB = 2;
const MANY_HEADER_SETS = 20_000;

async function measure(server: RunningServer, requests: number, headerSets: number) {
  const load = async (count: number) => {
    const socket = server.endpoint.address;
    const report = await runLoad({ socket, requests: count, headerSets, expectBytes: HELLO_BYTES });
    if (report.errors.total > 0) throw errors.requestsFailed(server.contender.label, report.errors);
  };
  await load(WARM_UP_REQUESTS);
  const samples = [{ requests: 0, ...memoryOf(server.pids()) }];
  const step = Math.ceil(requests / STEPS);
  for (let done = step; samples.length <= STEPS; done += step) {
    await load(step);
    samples.push({ requests: done, ...memoryOf(server.pids()) });
  }
  const growth = (key: 'rssKiB' | 'anonymousKiB') =>
    slope(samples.map((sample) => ({ x: sample.requests / 1e6, y: sample[key] / 1024 })));
  return { anonymousMiBPerMillion: growth('anonymousKiB'), rssMiBPerMillion: growth('rssKiB'), samples };
}

export const memory: Case = {
  id: 'memory',
  title: 'memory that grows over 1 million requests',
  async run(session) {
    const entries = [{ contender: uwsgiNode, processes: 1, threads: 1 }];
    const figures = [];
    for (const headerSets of [1, MANY_HEADER_SETS]) {
      const results = await session.servers(
        entries,
        (server) => measure(server, session.options.memoryRequests, headerSets),
        1,
      );
      const growth = results.series(uwsgiNode, (m) => m.anonymousMiBPerMillion);
      const sets = headerSets === 1 ? 'one header set' : `${headerSets} header sets`;
      const title = `memory that a million requests add, ${sets}`;
      figures.push(valueFigure(title, 'MiB', growth, atMost(NOISE_MIB)));
    }
    return figures;
  },
};

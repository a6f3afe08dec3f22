/** 100 MB down and up through nginx, as nginx buffers by default and passed on as it arrives. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningServer } from '../contender.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { uwsgiPython } from '../contenders/uwsgi-python.js';
import { download, type Transfer, upload } from '../curl.js';
import { errors } from '../errors.js';
import { atLeast, type Figure, ratioFigure } from '../figure.js';
import { costOf } from '../measure.js';
import { type Nginx, startNginx } from '../nginx.js';
import type { Case, Results } from '../session.js';
import { median } from '../statistics.js';

/** What /big answers. */
const BYTES = 1600 * 65536;
const TRANSFERS = 5;

interface Rates {
  /** MB/s */
  down: number;
  up: number;
  /** The body read by asynchronous iteration where the server has that. */
  upAsync: number;
  /** The server's CPU for one transfer, ms. */
  downCpu: number;
  upCpu: number;
  upAsyncCpu: number;
  foreignCores: number;
}

/** Repeats a transfer; the first one warms up. */
async function repeat(
  server: RunningServer,
  nginx: Nginx,
  transfer: () => Promise<Transfer>,
  isWhole: (done: Transfer) => boolean,
) {
  const once = async () => {
    const done = await transfer();
    if (done.status === 200 && isWhole(done)) return BYTES / 1e6 / done.seconds;
    const seen = `status ${done.status}, ${done.received} bytes, '${done.body.slice(0, 80)}'`;
    throw errors.wrongAnswer(server.contender.label, `a transfer is not complete: ${seen}`);
  };
  await once();
  const rates: number[] = [];
  const all = async () => {
    for (let i = 0; i < TRANSFERS; i++) rates.push(await once());
  };
  const { cost } = await costOf(server, all, nginx.pids);
  return { rate: median(rates), cpu: cost.cpuNs / 1e6 / TRANSFERS, foreignCores: cost.foreignCores };
}

async function measure(server: RunningServer, dir: string, buffering: boolean): Promise<Rates> {
  const file = join(dir, 'upload');
  writeFileSync(file, '');
  // A hole: reading it costs the client nothing that would depend on a disk.
  truncateSync(file, BYTES);
  const nginx = await startNginx(dir, { upstream: server.endpoint, buffering });
  const downloads = () => download(`${nginx.url}/big`);
  const uploads = (path: string) => () => upload(nginx.url + path, file);
  const isCounted = (done: Transfer) => done.body === String(BYTES);
  try {
    const down = await repeat(server, nginx, downloads, (done) => done.received === BYTES);
    const up = await repeat(server, nginx, uploads('/upload'), isCounted);
    const upAsync = await repeat(server, nginx, uploads('/upload-async'), isCounted);
    return {
      down: down.rate,
      up: up.rate,
      upAsync: upAsync.rate,
      downCpu: down.cpu,
      upCpu: up.cpu,
      upAsyncCpu: upAsync.cpu,
      foreignCores: Math.max(down.foreignCores, up.foreignCores, upAsync.foreignCores),
    };
  } finally {
    await nginx.stop();
  }
}

function figuresOf(results: Results<Rates>, how: string): Figure[] {
  const compare = (title: string, pick: (rates: Rates) => number) =>
    ratioFigure(
      `${title}, ${how}`,
      'MB/s',
      results.series(uwsgiNode, pick),
      results.series(uwsgiPython, pick),
      atLeast(1),
    );
  return [
    compare('100 MB response through nginx', (rates) => rates.down),
    compare('100 MB upload through nginx', (rates) => rates.up),
    compare('100 MB upload through nginx, async iteration', (rates) => rates.upAsync),
  ];
}

export const transfers: Case = {
  id: 'transfers',
  title: '100 MB response and 100 MB upload through nginx, MB/s',
  async run(session) {
    const entries = [uwsgiNode, uwsgiPython].map((contender) => ({ contender, processes: 1, threads: 1 }));
    const trial = (buffering: boolean) =>
      session.servers(entries, (server, dir) => measure(server, dir, buffering));
    return [
      ...figuresOf(await trial(true), 'nginx buffers (its default)'),
      ...figuresOf(await trial(false), 'nginx passes it on'),
    ];
  },
};

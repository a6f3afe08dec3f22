/** 100 MB down and up through nginx, as nginx buffers by default and passed on as it arrives. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningServer } from '../contender.js';
import { uwsgiNode } from '../contenders/uwsgi-node.js';
import { uwsgiPython } from '../contenders/uwsgi-python.js';
import { download, type Transfer, upload } from '../curl.js';
import { errors } from '../errors.js';
import { atLeast, type Figure, ratioFigure } from '../figure.js';
import { startNginx } from '../nginx.js';
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
}

async function rate(
  server: RunningServer,
  what: string,
  transfer: () => Promise<Transfer>,
  isWhole: (t: Transfer) => boolean,
) {
  const rates: number[] = [];
  // The first one warms up.
  for (let i = 0; i <= TRANSFERS; i++) {
    const done = await transfer();
    if (done.status !== 200 || !isWhole(done)) {
      const seen = `status ${done.status}, ${done.received} bytes, '${done.body.slice(0, 80)}'`;
      throw errors.wrongAnswer(server.contender.label, `${what} is not complete: ${seen}`);
    }
    if (i > 0) rates.push(BYTES / 1e6 / done.seconds);
  }
  return median(rates);
}

async function measure(server: RunningServer, dir: string, buffering: boolean): Promise<Rates> {
  const file = join(dir, 'upload');
  writeFileSync(file, '');
  // A hole: reading it costs the client nothing that would depend on a disk.
  truncateSync(file, BYTES);
  const nginx = await startNginx(dir, { upstream: server.endpoint, buffering });
  const up = (path: string) =>
    rate(
      server,
      path,
      () => upload(nginx.url + path, file),
      (done) => done.body === String(BYTES),
    );
  try {
    return {
      down: await rate(
        server,
        '/big',
        () => download(`${nginx.url}/big`),
        (done) => done.received === BYTES,
      ),
      up: await up('/upload'),
      upAsync: await up('/upload-async'),
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

/**
 * Reloads under load lose no request, directly and behind nginx, over the uwsgi protocol and HTTP, with slow responses under
 * way. In the suite there are three, and the load lasts as long as they do; `npm run reloads` reloads ten times, and sends
 * RELOADS_REQUESTS (500 000) in each case, over HTTP without nginx a fiftieth, as the client there is slower.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildBinary } from '../../bench/binaries.js';
import { runLoad } from '../../bench/load.js';
import { runWrk } from '../../bench/wrk.js';
import { cleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { startNginx } from '../support/nginx.js';
import { missingPrograms, skipped } from '../support/requirements.js';
import { READY, type RunningServer } from '../support/server.js';
import { type Door, httpDoor } from './load.js';

const requests = Number(process.env.RELOADS_REQUESTS ?? 0);
const RELOADS = requests > 0 ? 10 : 3;
const CONNECTIONS = 8;
const HALF_AN_HOUR = 1_800_000;
/** Seconds of one run of a load generator; the next follows at once. */
const ROUND = 2;

let instance: Instance;
beforeAll(async () => {
  await buildBinary('uwsgi_load');
}, 120_000);
beforeEach(async () => {
  instance = await Instance.make();
});
afterEach(cleanUp);

interface Report {
  requests: number;
  errors: { total: number; [kind: string]: number };
}

/**
 * Reloads again and again, while two generators take turns: one goes on when the other is between two rounds.
 * @param wanted at least as many requests are sent, as many of them around each reload as around the others.
 */
async function reloadUnder(
  server: RunningServer,
  round: () => Promise<Report>,
  wanted: number,
): Promise<void> {
  const sum = { requests: 0, errors: new Map<string, number>() };
  let isOver = false;
  const repeat = async () => {
    while (!isOver) {
      const { requests, errors } = await round();
      sum.requests += requests;
      for (const [kind, count] of Object.entries(errors)) {
        if (count > 0) sum.errors.set(kind, (sum.errors.get(kind) ?? 0) + count);
      }
    }
  };
  const slow: Promise<string>[] = [];
  const reload = async () => {
    for (let count = 1; count <= RELOADS; count += 1) {
      slow.push(instance.textOf('/halves', '2000'));
      const from = server.lines.position;
      server.kill('SIGHUP');
      await server.lines.waitFor(READY, { from, timeout: 60_000 });
      const due = (wanted * count) / RELOADS;
      await expect.poll(() => sum.requests >= due, { timeout: HALF_AN_HOUR, interval: 100 }).toBe(true);
    }
  };
  const reloads = reload().finally(() => {
    isOver = true;
  });
  await Promise.all([reloads, repeat(), repeat()]);
  console.log(`${RELOADS} reloads: ${sum.requests} requests, failed:`, Object.fromEntries(sum.errors));
  expect([...sum.errors]).toEqual([]);
  expect(sum.requests).toBeGreaterThan(RELOADS * 10);
  expect(await Promise.all(slow)).toEqual(Array(RELOADS).fill('first second'));
}

/** A round of requests one by one, over connections of their own. */
async function askAgain(door: Door): Promise<Report> {
  const report: Report = { requests: 0, errors: { total: 0 } };
  const until = performance.now() + ROUND * 1_000;
  const client = async () => {
    while (performance.now() < until) {
      report.requests += 1;
      const kind = await door('/', '').then(
        ({ status }) => (status === 200 ? null : `status ${status}`),
        (error) => String(error.code ?? error),
      );
      if (kind !== null) report.errors[kind] = (report.errors[kind] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  return report;
}

describe('reloads lose no request', { timeout: HALF_AN_HOUR }, () => {
  const start = (...more: string[]) => instance.start('--processes', '2', '--disable-logging', ...more);

  it.each(['unix', 'tcp'])('over %s', async (transport) => {
    const server = await start(...(transport === 'tcp' ? ['--socket', '127.0.0.1:0'] : []));
    const socket = server.addresses.at(-1)!;
    const round = () => runLoad({ socket, duration: ROUND, connections: CONNECTIONS });
    await reloadUnder(server, round, requests);
  });

  it.each(['node:http', 'uWebSockets.js'])('over HTTP with %s', async (engine) => {
    const server = await start(
      '--http-socket',
      '127.0.0.1:0',
      ...(engine === 'node:http' ? ['--threads', '2'] : []),
    );
    expect(server.lines.text).toContain(`HTTP is served by ${engine}`);
    const [host, port] = server.addresses[1]!.split(':');
    await reloadUnder(server, () => askAgain(httpDoor({ host: host!, port: Number(port) })), requests / 50);
  });

  const withoutNginx = skipped('reloads behind nginx', missingPrograms('nginx', 'wrk'));
  it.skipIf(withoutNginx).each(['unix', 'tcp'])('behind nginx, over %s', async (transport) => {
    const server = await start(
      '--chmod-socket=666',
      ...(transport === 'tcp' ? ['--socket', '127.0.0.1:0'] : []),
    );
    const upstream = transport === 'tcp' ? server.addresses.at(-1) : `unix:${instance.socketPath}`;
    const pass = `include uwsgi_params; uwsgi_pass ${upstream};`;
    const { address } = await startNginx({ tcp: true, server: `location / { ${pass} }` });
    const url = `http://127.0.0.1:${(address as { port: number }).port}/`;
    await reloadUnder(server, () => runWrk(url, CONNECTIONS, ROUND), requests);
  });
});

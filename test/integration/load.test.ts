/**
 * The load generator and the floor of the benchmark, against each other: what the floor does wrong on purpose, the
 * generator must see. A benchmark whose client overlooks errors measures how fast a server can be wrong.
 */
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildBinary } from '../../bench/binaries.js';
import { type LoadOptions, type LoadReport, runLoad } from '../../bench/load.js';
import { cleanUp, makeDirectory } from '../support/clean-up.js';
import { startServer } from '../support/server.js';

const HELLO_BYTES = 40;
const COMPILE_MS = 120_000;

let floorBinary: string;

beforeAll(async () => {
  [floorBinary] = await Promise.all([buildBinary('floor'), buildBinary('uwsgi_load')]);
}, COMPILE_MS);

afterEach(cleanUp);

/** Starts the floor on a unix socket, or on a port of its own choice; returns what to connect to. */
async function startFloor(transport: 'unix' | 'tcp', ...args: string[]): Promise<string> {
  const address = transport === 'unix' ? join(await makeDirectory(), 'floor.sock') : '127.0.0.1:0';
  const server = await startServer({
    command: [floorBinary],
    args: ['--socket', address, ...args],
    until: /^ready /,
  });
  const [, bound] = await server.lines.waitFor(/^ready (.*)$/);
  return transport === 'unix' ? address : `127.0.0.1:${bound}`;
}

const load = (socket: string, options: Partial<LoadOptions> = {}): Promise<LoadReport> =>
  runLoad({ socket, requests: 2000, connections: 16, ...options });

describe.each(['unix', 'tcp'] as const)('over %s', (transport) => {
  it('counts 2 000 right answers and no error', async () => {
    const report = await load(await startFloor(transport), { expectBytes: HELLO_BYTES });
    expect(report).toMatchObject({ requests: 2000, ok: 2000, errors: { total: 0 } });
    expect(report.latency_us.fast.count).toBe(2000);
    expect(report.latency_us.fast.p50).toBeGreaterThan(0);
    expect(report.latency_us.fast.max).toBeGreaterThanOrEqual(report.latency_us.fast.p999);
  });

  it('reports bodies that end before their Content-Length', async () => {
    const report = await load(await startFloor(transport, '--answer', 'truncated'));
    expect(report).toMatchObject({ requests: 2000, ok: 0, errors: { total: 2000, short: 2000 } });
  });

  it('reports another status than 200', async () => {
    const report = await load(await startFloor(transport, '--answer', 'error'));
    expect(report).toMatchObject({ requests: 2000, ok: 0, errors: { total: 2000, status: 2000 } });
  });
});

it('reports connections that are reset', async () => {
  const report = await load(await startFloor('tcp', '--answer', 'reset'));
  expect(report).toMatchObject({ requests: 2000, ok: 0, errors: { total: 2000, reset: 2000 } });
});

it('reports a server that is not there, and ends', async () => {
  const report = await load(join(await makeDirectory(), 'nobody.sock'), { requests: 50 });
  expect(report).toMatchObject({ requests: 50, ok: 0, errors: { total: 50, connect: 50 } });
});

it('reports a length that is not the expected one', async () => {
  const report = await load(await startFloor('unix'), { expectBytes: HELLO_BYTES + 1 });
  expect(report.errors).toMatchObject({ total: 2000, short: 2000 });
});

it('waits for room in a full backlog and counts that apart', async () => {
  const socket = await startFloor('unix', '--backlog', '1');
  const report = await load(socket, { connections: 64 });
  expect(report).toMatchObject({ ok: 2000, errors: { total: 0 } });
  expect(report.connect_retries).toBeGreaterThan(0);
});

it('mixes header sets, bodies and slow requests, and tells the slow ones apart', async () => {
  const socket = await startFloor('unix', '--processes', '2');
  const report = await load(socket, { headerSets: 500, body: 1000, slowShare: 0.25 });
  expect(report).toMatchObject({ ok: 2000, errors: { total: 0 } });
  expect(report.slow_requests).toBeGreaterThan(400);
  expect(report.latency_us.slow.count).toBe(report.slow_requests);
  expect(report.latency_us.fast.count).toBe(2000 - report.slow_requests);
});

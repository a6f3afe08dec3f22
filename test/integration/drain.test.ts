/** The end of a server under load: who has been let in is answered, who comes later is refused, and nobody is reset. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildBinary } from '../../bench/binaries.js';
import { runLoad } from '../../bench/load.js';
import { cleanUp } from '../support/clean-up.js';
import { behaviours, Instance } from '../support/instance.js';
import { freePort } from '../support/ports.js';
import { startServer } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 60_000 });

let instance: Instance;
beforeAll(async () => {
  await buildBinary('uwsgi_load');
}, 120_000);
beforeEach(async () => {
  instance = await Instance.make();
});
afterEach(cleanUp);

const ask = (address: string, path: string, query = '') =>
  request(address, { vars: requestVars({ PATH_INFO: path, QUERY_STRING: query }) });

/** Of a request over a connection of its own: `200 late`, or the code of the error. */
async function outcomeOf(url: string): Promise<string> {
  try {
    const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
    return `${response.statusCode} ${Buffer.concat(await response.toArray())}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

describe('a stop under load', () => {
  it.each(['unix', 'tcp'])('resets no connection over %s', async (transport) => {
    const more = transport === 'tcp' ? ['--socket', '127.0.0.1:0'] : [];
    const server = await instance.start('--processes', '2', '--disable-logging', ...more);
    const address = server.addresses.at(-1)!;
    const slow = ask(address, '/halves', '500');
    const load = runLoad({ socket: address, duration: 3, connections: 32 });
    // It has begun when the slow request and those before it have been counted.
    await vi.waitFor(async () => {
      server.kill('SIGUSR1');
      await server.lines.waitFor(/^worker 1 .*, \d{3,} requests/, { timeout: 200 });
    }, 10_000);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const { ok, requests, errors } = await load;
    const { total, connect = 0 } = errors;
    expect({ ...errors, total: total - connect, connect: 0 }).toMatchObject({ total: 0 });
    expect(ok + connect).toBe(requests);
    expect(ok).toBeGreaterThan(100);
    expect((await slow).body.toString()).toBe('first second');
    expect(server.lines.matching(/DAMN|NO MERCY|accept\(\) failed/)).toEqual([]);
  });

  it('breaks no request over HTTP', async () => {
    const server = await instance.start('--http-socket', '127.0.0.1:0', '--disable-logging');
    const url = `http://${server.addresses[1]}/later?20`;
    const seen = new Map<string, number>();
    const repeat = async () => {
      for (let outcome = ''; outcome !== 'ECONNREFUSED'; ) {
        outcome = await outcomeOf(url);
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: 8 }, repeat);
    await vi.waitFor(() => expect(seen.get('200 late') ?? 0).toBeGreaterThan(50), 10_000);
    await server.stop();
    await Promise.all(clients);
    expect([...seen.keys()].sort()).toEqual(['200 late', 'ECONNREFUSED']);
  });
});

it('drain-delay goes on serving while load balancers look away', async () => {
  const metrics = `127.0.0.1:${await freePort()}`;
  const server = await instance.start('--drain-delay', '1', '--metrics', metrics);
  const readiness = async () => (await fetch(`http://${metrics}/readyz`)).status;
  expect(await readiness()).toBe(200);
  server.kill('SIGTERM');
  await server.lines.waitFor(/^draining: new requests are still served for 1 seconds \(drain-delay\)/);
  server.kill('SIGUSR1');
  await server.lines.waitFor(/^\*\*\* uwsgi-node master \(pid: \d+\): draining \*\*\*$/);
  expect([await readiness(), (await instance.get('/')).status]).toEqual([503, 200]);
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

it('a new server can bind the port of one whose master was killed, while its workers finish', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const args = ['--master', '--socket', address, '--wsgi-file', behaviours];
  const old = await startServer({ args });
  const slow = ask(address, '/halves', '3000');
  await ask(address, '/');
  old.kill('SIGKILL');
  const next = await startServer({ args });
  expect((await ask(address, '/')).status).toBe(200);
  expect((await slow).body.toString()).toBe('first second');
  expect(await next.stop()).toEqual({ code: 0, signal: null });
});

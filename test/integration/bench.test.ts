/** How the benchmark compares: servers that run side by side, loaded in turn. */
import { readdirSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { buildBinary } from '../../bench/binaries.js';
import type { Contender, RunningServer } from '../../bench/contender.js';
import { floor } from '../../bench/contenders/floor.js';
import { runLoad } from '../../bench/load.js';
import { parseOptions } from '../../bench/options.js';
import { Session } from '../../bench/session.js';
import { cleanUp, makeDirectory } from '../support/clean-up.js';

const COMPILE_MS = 120_000;

let dir: string;
beforeAll(async () => {
  await Promise.all([buildBinary('floor'), buildBinary('uwsgi_load')]);
}, COMPILE_MS);
beforeEach(async () => {
  dir = await makeDirectory();
});
afterEach(cleanUp);

const named = (name: string): Contender => ({ ...floor, name });
const [one, two] = [named('one'), named('two')];
const entries = [one, two].map((contender) => ({ contender, processes: 1, threads: 1 }));

function newSession(...argv: string[]) {
  return new Session(parseOptions(argv), { node: 1, python: 1 }, dir, () => {});
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it('servers of a round run together, are loaded in turn, there and back, and end with it', async () => {
  const order: string[] = [];
  const pids: number[] = [];
  const prepare = async (server: RunningServer) => {
    pids.push(...server.pids());
    const ask = async (what: string) => {
      const { ok } = await runLoad({ socket: server.endpoint.address, requests: 10, connections: 1 });
      order.push(`${what} ${server.contender.name}`);
      return { ok };
    };
    return { warmUp: () => ask('warm'), slice: () => ask('load') };
  };
  const results = await newSession('--rounds', '1', '--seconds', '1.5').alternating(entries, prepare);
  const slices = ['load one', 'load two', 'load two', 'load one', 'load one', 'load two'];
  expect(order).toEqual(['warm one', 'warm two', ...slices]);
  expect(results.series(one!, ({ ok }) => ok)).toEqual({
    label: floor.label,
    reference: true,
    values: [10, 10, 10],
  });
  expect([pids.length > 1, pids.filter(isAlive)]).toEqual([true, []]);
});

it('a slice that fails voids the case and leaves no server behind', async () => {
  const pids: number[] = [];
  const prepare = async (server: RunningServer) => {
    pids.push(...server.pids());
    return { warmUp: async () => {}, slice: () => Promise.reject(new Error('on purpose')) };
  };
  const session = newSession('--rounds', '1');
  await expect(session.alternating(entries, prepare)).rejects.toThrow('on purpose');
  expect(pids.filter(isAlive)).toEqual([]);
  expect([session.trials, readdirSync(dir)]).toEqual([[], []]);
});

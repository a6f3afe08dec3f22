/**
 * Reloads, kills, hangs and stops at random under load, with an account of every request: what failed must have been with a
 * worker or thread that was killed. A few seconds in the suite; `npm run chaos` takes CHAOS_SECONDS (180), and longer where
 * that is not enough for doing everything once. CHAOS_SEED repeats the choices of a run, though not its timing.
 */
import { afterEach, expect, it } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { startNginx } from '../support/nginx.js';
import { findProgram } from '../support/requirements.js';
import { type Door, httpDoor, Load, uwsgiDoor } from './load.js';
import { Random } from './random.js';
import { Victim } from './server.js';

const seconds = Number(process.env.CHAOS_SECONDS ?? 5);
const isWhole = process.env.CHAOS_SECONDS !== undefined;
const seed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 32));
const CLIENTS = 12;

afterEach(cleanUp);

async function doorsOf({ unix, tcp, httpPort }: Victim): Promise<Record<string, Door>> {
  const doors = {
    unix: uwsgiDoor(unix),
    tcp: uwsgiDoor(tcp),
    http: httpDoor({ host: '127.0.0.1', port: httpPort }),
  };
  if (findProgram('nginx') === null) return doors;
  const server = `location / { include uwsgi_params; uwsgi_pass unix:${unix}; }`;
  const { address } = await startNginx({ server });
  return { ...doors, nginx: httpDoor(address) };
}

it(`every request is accounted for, seed ${seed}`, { timeout: (seconds + 300) * 1_000 }, async () => {
  console.log(`chaos: CHAOS_SEED=${seed} for ${seconds} seconds`);
  const victim = await Victim.make();
  await victim.start();
  const random = new Random(seed);
  const load = new Load(await doorsOf(victim), new Random(seed + 1), CLIENTS);
  const done: { name: string; at: number }[] = [];
  // Like a deck of cards that is shuffled when it is used up: nothing is left out for long.
  const names = Object.keys(victim.actions);
  let deck = random.shuffled(names);
  const isMissing = () => isWhole && new Set(done.map(({ name }) => name)).size < names.length;
  for (const until = performance.now() + seconds * 1_000; performance.now() < until || isMissing(); ) {
    if (deck.length === 0) deck = random.shuffled(names);
    const name = deck.pop()!;
    done.push({ name, at: performance.now() });
    await victim.actions[name]!(load, random);
  }
  await load.stop();

  const { sent } = load;
  const ok = sent.filter(({ outcome }) => outcome === 'ok').length;
  const turnedAway = victim.accounts.neverBegun(sent);
  console.log(
    `chaos: ${sent.length} requests, ${ok} answered, ${turnedAway} turned away, ` +
      `${sent.length - ok - turnedAway} lost with who had them; ${victim.accounts.deaths.length} deaths; did ` +
      done.map(({ name, at }) => `${name} at ${Math.round(at)} ms`).join(', '),
  );
  expect(victim.accounts.unexplained(sent)).toEqual([]);
  // While nobody listens everybody is turned away at once, as often as they ask.
  expect(ok).toBeGreaterThan((sent.length - turnedAway) / 2);
  expect(ok).toBeGreaterThan(CLIENTS);
  // Nobody is left over, and nobody lay about.
  for (const server of [...victim.orphaned, victim.server]) {
    const exit = await server.stop();
    expect(exit.code === 0 || exit.signal === 'SIGKILL').toBe(true);
    expect(server.group).toEqual([]);
  }
});

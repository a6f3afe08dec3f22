/** A worker that dies under load: how soon the next one serves, and what was lost. */
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { startEngine, transports } from '../support/engine.js';
import { startNginx } from '../support/nginx.js';
import { missingPrograms, skipped } from '../support/requirements.js';
import type { RunningServer } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

/** Sends one request, resolves to the status of its answer; 0 for none. */
type Send = () => Promise<number>;

const SECOND = 1_000;
const workers = ['--processes', '2', '--vacuum'];

afterEach(cleanUp);

/** A few connections that send one request after the other, and count. */
class Load {
  static readonly connections = 4;
  answered = 0;
  failed = 0;
  #running = true;
  readonly #done: Promise<unknown>;

  constructor(send: Send) {
    this.#done = Promise.all(Array.from({ length: Load.connections }, () => this.#repeat(send)));
    onTestFinished(() => this.stop());
  }

  /** Resolves after `count` more answers. */
  async answers(count: number): Promise<void> {
    const due = this.answered + count;
    await expect.poll(() => this.answered, { interval: 5 }).toBeGreaterThanOrEqual(due);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  async #repeat(send: Send): Promise<void> {
    while (this.#running) {
      const status = await send().catch(() => 0);
      if (status === 200) this.answered += 1;
      else this.failed += 1;
    }
  }
}

async function killOneUnderLoad(server: RunningServer, send: Send): Promise<void> {
  const load = new Load(send);
  await load.answers(50);
  const [victim] = server.workers;
  const from = server.lines.position;
  const killed = performance.now();
  process.kill(victim!, 'SIGKILL');
  await server.lines.waitFor(/^Respawned uWSGI worker 1 \(new pid: \d+\)$/, { from });
  await server.lines.waitFor(/^WSGI app 0 .* ready/, { from });
  expect(performance.now() - killed).toBeLessThan(SECOND);
  await load.answers(50);
  await load.stop();
  expect(server.lines.all).toContain(
    `DAMN ! worker 1 (pid: ${victim}) died, killed by signal 9 :( trying respawn ...`,
  );
  // Only what the victim had accepted can be lost.
  expect(load.failed).toBeLessThanOrEqual(Load.connections);
  expect(server.workers).toHaveLength(2);
  expect(server.workers).not.toContain(victim);
}

describe('a worker killed under load is replaced within a second while the others serve', () => {
  it.each(transports)('over %s', async (transport) => {
    const server = await startEngine('behaviours', transport, workers);
    const send = async () => (await request(server.address, { vars: requestVars() })).status;
    await killOneUnderLoad(server, send);
  });

  it.skipIf(skipped('behind nginx', missingPrograms('nginx')))('behind nginx', async () => {
    const server = await startEngine('behaviours', 'unix', workers);
    const location = `location / { include uwsgi_params; uwsgi_pass unix:${server.address}; }`;
    const nginx = await startNginx({ user: 'root', server: location });
    await killOneUnderLoad(server, async () => (await nginx.fetch('/')).status);
  });
});

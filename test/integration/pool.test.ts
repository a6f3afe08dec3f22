/** Two instances behind one nginx upstream: what a client sees when one of them goes. docs/nginx-pool.md says it in words. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { behaviours, Instance } from '../support/instance.js';
import { type Nginx, startNginx } from '../support/nginx.js';
import { freePort } from '../support/ports.js';
import { missingPrograms, skipped } from '../support/requirements.js';
import { READY, type RunningServer, startServer } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 90_000 });
afterEach(cleanUp);

/** An address that an instance can be started at again and again. */
class Place {
  server!: RunningServer;

  private constructor(readonly address: string) {}

  static async make(transport: string): Promise<Place> {
    if (transport === 'tcp') return new Place(`127.0.0.1:${await freePort()}`);
    return new Place((await Instance.make()).socketPath);
  }

  async start(...more: string[]): Promise<void> {
    const args = ['--master', '--socket', this.address, '--chmod-socket=666', '--wsgi-file', behaviours];
    this.server = await startServer({ args: [...args, '--disable-logging', ...more] });
  }

  ask(path: string, query: string) {
    return request(this.address, { vars: requestVars({ PATH_INFO: path, QUERY_STRING: query }) });
  }
}

/** Requests through nginx, GET and POST in turn, a few at a time. */
class Load {
  static readonly clients = 6;
  /** `GET 200` and how often. */
  readonly seen = new Map<string, number>();
  /** Pids of workers that have answered. */
  readonly pids = new Set<number>();
  #isOver = false;
  readonly #done: Promise<unknown>;

  constructor(nginx: Nginx) {
    this.#done = Promise.all(Array.from({ length: Load.clients }, () => this.#repeat(nginx)));
  }

  get answered(): number {
    return Array.from(this.seen.values()).reduce((sum, count) => sum + count, 0);
  }

  /** Resolves after some more answers. */
  async goOn(): Promise<void> {
    const from = this.answered;
    await vi.waitFor(() => expect(this.answered).toBeGreaterThan(from + 50), 20_000);
  }

  async stop(): Promise<Record<string, number>> {
    this.#isOver = true;
    await this.#done;
    return Object.fromEntries(this.seen);
  }

  async #repeat(nginx: Nginx): Promise<void> {
    for (let count = 0; !this.#isOver; count += 1) {
      const method = count % 2 === 0 ? 'GET' : 'POST';
      const { status, body } = await nginx.fetch('/', { method, body: method === 'GET' ? '' : 'x=1' });
      const outcome = `${method} ${status}`;
      this.seen.set(outcome, (this.seen.get(outcome) ?? 0) + 1);
      if (status === 200) this.pids.add(Number.parseInt(body.toString(), 10));
    }
  }
}

describe.skipIf(skipped('a pool behind nginx', missingPrograms('nginx')))('a pool behind nginx', () => {
  async function pool(transport: string) {
    const [first, second] = [await Place.make(transport), await Place.make(transport)];
    await Promise.all([first.start(), second.start()]);
    const prefix = transport === 'tcp' ? '' : 'unix:';
    const servers = [first, second].map(({ address }) => `server ${prefix}${address} fail_timeout=1s;`);
    const nginx = await startNginx({
      http: `upstream pool { ${servers.join(' ')} }`,
      server: `location / {
        include uwsgi_params; uwsgi_pass pool; uwsgi_connect_timeout 1s;
        uwsgi_next_upstream error timeout http_503;
      }`,
    });
    /** Everybody answers again. */
    const isComplete = async (load: Load) => {
      load.pids.clear();
      const [worker] = first.server.workers;
      await vi.waitFor(() => expect(load.pids).toContain(worker), 20_000);
    };
    return { first, nginx, isComplete };
  }
  const allFine = { 'GET 200': expect.any(Number), 'POST 200': expect.any(Number) };

  it.each(['unix', 'tcp'])(
    'loses nothing when one is stopped, started or reloaded, over %s',
    async (transport) => {
      const { first, nginx, isComplete } = await pool(transport);
      const load = new Load(nginx);
      await isComplete(load);
      expect(await first.server.stop()).toEqual({ code: 0, signal: null });
      await load.goOn();
      await first.start();
      await isComplete(load);
      first.server.kill('SIGHUP');
      await first.server.lines.waitFor(READY, { from: first.server.lines.position });
      await load.goOn();
      expect(await load.stop()).toEqual(allFine);
    },
  );

  it.each(['unix', 'tcp'])('loses only the POSTs that one killed with -9 had, over %s', async (transport) => {
    const { first, nginx, isComplete } = await pool(transport);
    const load = new Load(nginx);
    await isComplete(load);
    await first.server.destroy();
    await load.goOn();
    const { 'POST 502': lost = 0, ...rest } = await load.stop();
    expect(rest).toEqual(allFine);
    expect(lost).toBeLessThanOrEqual(Load.clients);
  });

  it.each(['unix', 'tcp'])('answers everybody while one has no room, over %s', async (transport) => {
    const { first, nginx } = await pool(transport);
    await first.server.stop();
    await first.start('--async', '1', '--listen', '1');
    const held = first.ask('/later', '3000');
    const load = new Load(nginx);
    await load.goOn();
    expect((await held).status).toBe(200);
    expect(await load.stop()).toEqual(allFine);
  });
});

/** The server under chaos, at the same addresses again and again, and everything that is done to it. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeDirectory } from '../support/clean-up.js';
import { freePort } from '../support/ports.js';
import { READY, type RunningServer, startServer, statOf } from '../support/server.js';
import { Accounts } from './accounts.js';
import type { Load } from './load.js';
import type { Random } from './random.js';

const app = fileURLToPath(new URL('app.js', import.meta.url));
const PROCESSES = 3;
/** Seconds; no other request takes as long, even on a busy machine. */
const HARAKIRI = 5;

export class Victim {
  server!: RunningServer;
  readonly accounts: Accounts;
  /** Servers whose master was killed: their workers are to end on their own. */
  readonly orphaned: RunningServer[] = [];
  readonly #journal: string;

  private constructor(
    readonly folder: string,
    readonly tcp: string,
    readonly httpPort: number,
  ) {
    this.#journal = join(folder, 'journal');
    writeFileSync(this.#journal, '');
    this.accounts = new Accounts(this.#journal);
  }

  static async make(): Promise<Victim> {
    return new Victim(await makeDirectory(), `127.0.0.1:${await freePort()}`, await freePort());
  }

  get unix(): string {
    return join(this.folder, 'app.sock');
  }

  async start(): Promise<void> {
    const { unix, tcp, httpPort, folder } = this;
    const args = `--master --vacuum --disable-logging --processes ${PROCESSES} --threads 2 --worker-reload-mercy 10 --harakiri ${HARAKIRI}
      --socket ${unix} --chmod-socket=666 --socket ${tcp} --http-socket 127.0.0.1:${httpPort}
      --master-fifo ${join(folder, 'fifo')} --wsgi-file ${app}`;
    const env = { CHAOS_JOURNAL: this.#journal };
    this.server = await startServer({ args: args.split(/\s+/), env, timeout: 60_000 });
  }

  /** What can be done to it, by name. Each resolves when the next may be done. */
  readonly actions: Record<string, (load: Load, random: Random) => Promise<void>> = {
    reload: () => this.#causes(READY, () => this.server.kill('SIGHUP')),
    'reload of the workers': () => this.#say('w', READY),
    'chain reload': () => this.#say('c', /^chain reloading complete$/),
    'two reloads': () => {
      this.server.kill('SIGHUP');
      return this.#causes(READY, () => this.server.kill('SIGHUP'));
    },
    pause: async () => {
      await this.#causes(/PAUSE/, () => this.server.kill('SIGTSTP'));
      await this.#causes(/RESUME/, () => this.server.kill('SIGTSTP'));
    },
    'kill of a worker': async (_, random) => {
      const pid = random.pick(this.server.workers);
      this.#kill(pid);
      await this.#isComplete(pid);
    },
    crash: (load) => this.#fatal(load, '/crash'),
    'uncaught exception': (load) => this.#fatal(load, '/throw'),
    hang: (load) => this.#fatal(load, '/stuck'),
    restart: () => this.#restart(),
    'kill of the master': () => this.#killMaster(),
  };

  #kill(pid: number): void {
    this.accounts.deaths.push({ pid, thread: null, at: performance.now() });
    process.kill(pid, 'SIGKILL');
  }

  async #causes(line: RegExp, act: () => void): Promise<void> {
    const from = this.server.lines.position;
    act();
    await this.server.lines.waitFor(line, { from, timeout: 60_000 });
  }

  #say(letter: string, line: RegExp): Promise<void> {
    return this.#causes(line, () => appendFileSync(join(this.folder, 'fifo'), letter));
  }

  /** Sends a request that its thread or process does not survive. */
  async #fatal(load: Load, path: string): Promise<void> {
    const { id, ended } = load.send('unix', path);
    const { pid, thread } = await this.#begun(id);
    await ended;
    this.accounts.deaths.push({ pid, thread: path === '/crash' ? null : thread, at: performance.now() });
    await this.#isComplete(pid);
  }

  async #begun(id: string) {
    for (;;) {
      const begun = this.accounts.beginnerOf(id);
      if (begun !== undefined) return begun;
      await delay(20);
    }
  }

  /** A process that died has been collected, and there are as many workers as there should be. */
  async #isComplete(pid: number): Promise<void> {
    while (statOf(pid)[0] === 'Z' || this.server.workers.length < PROCESSES) await delay(20);
  }

  async #restart(): Promise<void> {
    const closed = { from: performance.now(), until: Number.POSITIVE_INFINITY };
    this.accounts.closed.push(closed);
    await this.server.stop();
    await this.start();
    closed.until = performance.now();
  }

  async #killMaster(): Promise<void> {
    const closed = { from: performance.now(), until: Number.POSITIVE_INFINITY };
    this.accounts.closed.push(closed);
    this.orphaned.push(this.server);
    this.server.kill('SIGKILL');
    await this.start();
    closed.until = performance.now();
  }
}

/**
 * Serves what operators' tools read: `stats`, `metrics`, `stats-page`. Nothing of it is loaded where nothing of it is
 * configured. Runs in the master.
 */
import type { Settings } from '../config/settings.js';
import type { NativeSockets } from '../native.js';
import type { Metric } from '../stats/exposition.js';
import type { Routes } from '../stats/http-endpoint.js';
import type { Snapshot } from '../stats/snapshot.js';
import { type Purpose, purposesOf, tracedBy } from './endpoint-sockets.js';
import type { Listener } from './listeners.js';

export interface EndpointParts {
  settings(): Settings;
  snapshot(): Snapshot;
  /** Where the threads of a worker are. */
  traceback(workerId: number): Promise<string[]>;
  /** What the application of each thread counts itself. */
  appMetrics(): Promise<Metric[][]>;
  native: Pick<NativeSockets, 'duplicateFd'>;
  log(...lines: string[]): void;
}

interface Closable {
  close(): void;
}

interface Served {
  listener: Listener;
  purposes: string;
  server: Promise<Closable | null>;
}

export class Endpoints {
  readonly #parts: EndpointParts;
  #served: Served[] = [];

  constructor(parts: EndpointParts) {
    this.#parts = parts;
  }

  /** Serves these listeners and no others; those that are served already go on. */
  serve(listeners: readonly Listener[]): void {
    const wanted = listeners.map((listener) => ({
      listener,
      purposes: purposesOf(this.#parts.settings(), listener),
    }));
    const kept = this.#served.filter(({ listener, purposes }) =>
      wanted.some((each) => each.listener.fd === listener.fd && String(each.purposes) === purposes),
    );
    for (const served of this.#served) if (!kept.includes(served)) close(served);
    const added = wanted.filter(({ listener }) => !kept.some((each) => each.listener.fd === listener.fd));
    this.#served = [...kept, ...added.map(({ listener, purposes }) => this.#start(listener, purposes))];
  }

  close(): void {
    for (const served of this.#served) close(served);
    this.#served = [];
  }

  #start(listener: Listener, purposes: Purpose[]): Served {
    // The server closes its descriptor when it ends; the listener may be needed longer.
    const fd = this.#parts.native.duplicateFd(listener.fd);
    const server = this.#open(fd, purposes, listener).catch((error: Error) => {
      this.#parts.log(`uwsgi-node: ${listener.name}: ${error.message}`);
      return null;
    });
    return { listener, purposes: String(purposes), server };
  }

  #open(fd: number, purposes: Purpose[], listener: Listener): Promise<Closable> {
    if (purposes.includes('traceback')) return this.#openTracebacker(fd, listener);
    return purposes.includes('stats') ? this.#openStats(fd) : this.#openHttp(fd, purposes);
  }

  async #openStats(fd: number): Promise<Closable> {
    const { settings, snapshot, log } = this.#parts;
    const [{ StatsServer }, { toReport }] = await Promise.all([
      import('../stats/stats-server.js'),
      import('../stats/to-report.js'),
    ]);
    return new StatsServer(fd, {
      report: () => {
        const { statsNoCores, statsMinified } = settings();
        const report = toReport(snapshot(), { noCores: statsNoCores });
        return JSON.stringify(report, null, statsMinified ? 0 : '\t');
      },
      overHttp: () => settings().statsHttp,
      log,
    });
  }

  async #openTracebacker(fd: number, listener: Listener): Promise<Closable> {
    const { settings, traceback, log } = this.#parts;
    const { StatsServer } = await import('../stats/stats-server.js');
    return new StatsServer(fd, {
      report: async () => `${(await traceback(tracedBy(settings(), listener))).join('\n')}\n`,
      overHttp: () => false,
      log,
    });
  }

  async #openHttp(fd: number, purposes: Purpose[]): Promise<Closable> {
    const { HttpEndpoint } = await import('../stats/http-endpoint.js');
    const routes: Routes = {};
    if (purposes.includes('metrics')) {
      const { metricsRoutes } = await import('../stats/metrics-routes.js');
      Object.assign(routes, metricsRoutes(this.#parts));
    }
    const history = purposes.includes('page') ? await this.#addPage(routes) : null;
    const endpoint = new HttpEndpoint(fd, routes, this.#parts.log);
    return {
      close: () => {
        history?.close();
        endpoint.close();
      },
    };
  }

  async #addPage(routes: Routes): Promise<Closable> {
    const [{ History }, { pageRoutes }] = await Promise.all([
      import('../stats/history.js'),
      import('../stats/page-routes.js'),
    ]);
    const history = new History(this.#parts.snapshot, this.#parts.log);
    Object.assign(routes, pageRoutes(this.#parts.snapshot, history));
    return history;
  }
}

function close({ server }: Served): void {
  void server.then((opened) => opened?.close());
}

/**
 * Where the application runs: the entry of a JS thread (worker_threads) in a worker process. It loads the application,
 * serves its share of the listeners, and ends when told to drain. At the other end: src/worker/thread-handle.ts.
 */
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Settings } from '../config/settings.js';
import { maxRequestsOf } from '../config/settings.js';
import { servesFiles } from '../config/static-settings.js';
import { packageVersion } from '../config/version.js';
import { loadErrors, startErrors } from '../errors.js';
import { printStyle, serverStyle } from '../log/line-style.js';
import { log, setLineStyle } from '../log/stderr.js';
import {
  type Aftermath,
  answerStuckSymbol,
  type ControlToThread,
  type DebugAddress,
  type FoundApp,
  type LoadedApp,
  MESSAGES_VERSION,
  type ThreadStart,
  type ThreadToControl,
} from '../messages.js';
import { native } from '../native.js';
import { packageRoot } from '../package-root.js';
import { plainError } from '../wsgi/call.js';
import type { Application } from '../wsgi/types.js';
import { type Loaded, loadApplication } from './app-loader.js';
import { errorPage } from './error-page.js';
import { errorStream } from './error-stream.js';
import { exceptionReport, stackOf } from './exceptions.js';
import { findOpenTelemetry } from './opentelemetry.js';
import { ProcessShim } from './process-shim.js';
import { RequestQuota } from './request-quota.js';
import { ThreadServer } from './server.js';
import { publishDrain, Tracing } from './tracing.js';
import { watchUncaught } from './uncaught.js';

const control = parentPort!;
const { version, settings, listeners, core, workerId, scores, requestLogFd, exchange, debug } = awaitStart();
setLineStyle(serverStyle(settings));
const shim = new ProcessShim().install(printStyle(settings, { workerId, core, threads: settings.threads }));

/** The thread may have been started before there was a worker to belong to (src/worker/spawn-thread.ts). */
function awaitStart(): ThreadStart {
  const hasStart: Int32Array = workerData;
  Atomics.wait(hasStart, 0, 0);
  return receiveMessageOnPort(control)!.message;
}

function tell(message: ThreadToControl): void {
  control.postMessage(message);
}

/** Answers every request while there is no application (`need-app = false`), as uWSGI does. */
const noApplication: Application = (environ, startResponse) => {
  environ['wsgi.errors'].write('--- no application found, check your startup logs for errors ---');
  const { head, body } = errorPage(settings.errorPage500)() ?? plainError;
  startResponse(head.status, head.headers);
  return body;
};

async function load(settings: Settings): Promise<{ application: Application; app: LoadedApp | null }> {
  const { app, mounts, needApp } = settings;
  const begun = performance.now();
  try {
    if (app.module === null && app.file === null && mounts.length === 0) throw loadErrors.noneNamed();
    const { loaded, mounted, application } = await loadAll(settings);
    const loadTime = Math.round(performance.now() - begun);
    const found = mounted.map((mount) => ({ path: mount.path, ...describe(mount) }));
    return { application, app: { ...describe(loaded), mounts: found, loadTime } };
  } catch (error) {
    if (needApp) throw error;
    log(`unable to load the application: ${reason(error)}`);
    return { application: noApplication, app: null };
  }
}

type Mounted = Loaded & { path: string };

/** What may cross to the master. */
function describe({ file, callable, kind }: Loaded): FoundApp {
  return { file, callable, kind };
}

/** Without an application of its own the root is the first mount's, as in uWSGI, unless `no-default-app` is on. */
async function loadAll(
  settings: Settings,
): Promise<{ loaded: Loaded; mounted: Mounted[]; application: Application }> {
  const { app, mounts, noDefaultApp } = settings;
  const named = app.module !== null || app.file !== null;
  const root = named ? await loadApplication(app, process.cwd()) : null;
  const mounted: Mounted[] = [];
  // One after the other: two modules that listen() would otherwise not be told apart.
  for (const mount of mounts) {
    mounted.push({ path: mount.path, ...(await loadApplication(mount.app, process.cwd())) });
  }
  const loaded = root ?? mounted[0]!;
  if (mounted.length === 0 && !noDefaultApp) return { loaded, mounted, application: loaded.application };
  const { mountApplications } = await import('./mounts.js');
  const all = root === null ? mounted : [...mounted, { ...root, path: '' }];
  const fallback = noDefaultApp ? noApplication : loaded.application;
  return { loaded, mounted, application: mountApplications(all, fallback, settings) };
}

/** The stack of what a module threw; of our own errors the message says everything. */
function reason(error: unknown): string {
  const isOurs = error instanceof Error && 'code' in error && String(error.code).startsWith('UWSGI_');
  return isOurs ? error.message : stackOf(error);
}

function once(call: () => void): () => void {
  let called = false;
  return () => {
    if (!called) call();
    called = true;
  };
}

/** Somebody may want to know how the event loop does. */
const isObserved = settings.stats !== null || settings.metrics !== null || settings.statsPage !== null;

/** False under uWebSockets.js: Node aborts when such a thread ends, so the process ends instead. */
let endsItself = true;

async function run(): Promise<void> {
  if (version !== MESSAGES_VERSION) {
    tell({ type: 'foreign' });
    throw startErrors.messagesVersion(version, MESSAGES_VERSION);
  }
  if (scores !== undefined) {
    native.mapScoreboard(scores.fd, scores.size);
    native.keepScore(scores.row);
  }
  if (debug !== undefined) await openToDebuggers(debug);
  const { application, app } = await load(settings);
  const report = exceptionReport(
    settings,
    once(() => tell({ type: 'spoiled' })),
  );
  const served = servesFiles(settings.staticFiles)
    ? (await import('./files-first.js')).filesFirst(settings.staticFiles, application)
    : application;
  const server = new ThreadServer(served, {
    listeners,
    settings,
    core,
    exchange: exchange ?? null,
    workerId,
    requestLogFd: requestLogFd ?? 2,
    score: scores === undefined ? null : native,
    report,
    quota: quotaOf(settings),
    tracing: new Tracing(
      findOpenTelemetry(app === null ? [] : [dirname(app.file), process.cwd(), fileURLToPath(packageRoot)]),
    ),
    tracksRequests: settings.uncaughtErrors === 'continue',
    constants: {
      multithread: settings.threads > 1,
      multiprocess: settings.processes > 1,
      version: packageVersion(),
      node: hostname(),
      errors: errorStream,
    },
  });
  if (isObserved && scores !== undefined) (await import('./vitals.js')).tellVitals(native, server);
  watchUncaught(settings.uncaughtErrors, server, () => endsItself);
  // After an uncaught error or the application's own process.exit.
  process.on('exit', (code) => {
    server.flushLog();
    if (!endsItself) native.exitNow(code);
  });
  Object.assign(globalThis, { [Symbol.for(answerStuckSymbol)]: () => server.answerStuck() });
  control.on('message', (message: ControlToThread) => {
    switch (message.type) {
      case 'drain':
        void drain(server, message);
        return;
      case 'collect':
        void collect(message.ask);
        return;
      case 'debug':
        void openToDebuggers(message.address);
    }
  });
  const http = await server.startHttp(listeners);
  endsItself = http !== 'uWebSockets.js';
  tell({ type: 'ready', app, http, httpReason: server.httpReason });
}

function quotaOf({ threads, ...settings }: Settings): RequestQuota | null {
  const limit = maxRequestsOf(settings, workerId);
  if (limit === null || scores === undefined) return null;
  const rows = { first: scores.row - core, count: threads };
  return new RequestQuota({ limit, ...rows, scores: native, onReached: () => tell({ type: 'spent' }) });
}

async function openToDebuggers(address: DebugAddress): Promise<void> {
  const { openDebugPort } = await import('./debug-port.js');
  openDebugPort(address, { workerId, core });
}

/** Tells the metrics of the application. One whose collectors fail has none. */
async function collect(ask: number): Promise<void> {
  const metrics = await import('../stats/registries.js')
    .then(({ collectRegistries }) => collectRegistries())
    .catch((error) => {
      log(`the metrics of the application cannot be collected: ${stackOf(error)}`);
      return [];
    });
  tell({ type: 'collected', ask, metrics });
}

async function drain(
  server: ThreadServer,
  { isReplaced = false, handsOver = false }: Aftermath,
): Promise<void> {
  const drained = server.drain(isReplaced || handsOver);
  publishDrain(isReplaced);
  shim.announceStop();
  await drained;
  server.close();
  // Else the port would keep the thread that the application lets go of.
  control.unref();
  await shim.lastWords();
  tell({ type: 'drained' });
  // The application may hold timers or connections that would keep the thread.
  if (endsItself) setImmediate(() => shim.exit());
}

run().catch((error) => tell({ type: 'failed', reason: reason(error) }));

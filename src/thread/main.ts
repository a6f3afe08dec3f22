/**
 * Where the application runs: the entry of a JS thread (worker_threads) in a worker process. It loads the application,
 * serves its share of the listeners, and ends when told to drain. At the other end: src/worker/thread-handle.ts.
 */
import { hostname } from 'node:os';
import { inspect } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import type { Settings } from '../config/settings.js';
import { packageVersion } from '../config/version.js';
import { loadErrors } from '../errors.js';
import { log } from '../log/stderr.js';
import type { ControlToThread, LoadedApp, ThreadStart, ThreadToControl } from '../messages.js';
import type { Application } from '../wsgi/types.js';
import { loadApplication } from './app-loader.js';
import { errorStream } from './error-stream.js';
import { ThreadServer } from './server.js';

const { settings, listeners, core } = workerData as ThreadStart;
const control = parentPort!;

function tell(message: ThreadToControl): void {
  control.postMessage(message);
}

/** Answers every request while there is no application (`need-app = false`), as uWSGI does. */
const noApplication: Application = (environ, startResponse) => {
  environ['wsgi.errors'].write('--- no application found, check your startup logs for errors ---');
  startResponse('500 Internal Server Error', [['Content-Type', 'text/plain']]);
  return 'Internal Server Error';
};

async function load({
  app,
  needApp,
}: Settings): Promise<{ application: Application; app: LoadedApp | null }> {
  const begun = performance.now();
  try {
    if (app.module === null && app.file === null) throw loadErrors.noneNamed();
    const { application, file, callable } = await loadApplication(app, process.cwd());
    return { application, app: { file, callable, loadTime: Math.round(performance.now() - begun) } };
  } catch (error) {
    if (needApp) throw error;
    log(`unable to load the application: ${reason(error)}`);
    return { application: noApplication, app: null };
  }
}

/** The stack of what a module threw; of our own errors the message says everything. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  return 'code' in error && String(error.code).startsWith('UWSGI_')
    ? error.message
    : (error.stack ?? error.message);
}

async function run(): Promise<void> {
  const { application, app } = await load(settings);
  const server = new ThreadServer(application, {
    listeners,
    settings,
    core,
    constants: {
      multithread: settings.threads > 1,
      multiprocess: settings.processes > 1,
      version: packageVersion(),
      node: hostname(),
      errors: errorStream,
    },
  });
  control.on('message', (message: ControlToThread) => {
    if (message.type === 'drain') void drain(server);
  });
  tell({ type: 'ready', app, http: await server.startHttp(listeners) });
}

async function drain(server: ThreadServer): Promise<void> {
  await server.drain();
  tell({ type: 'drained' });
  server.close();
  // The application may hold timers or connections that would keep the thread.
  setImmediate(() => process.exit(0));
}

run().catch((error) => tell({ type: 'failed', reason: reason(error) }));

/** Runs an application against a fake sink, as a server would. */
import { callApplication } from '../../../src/wsgi/call.js';
import type { Application, Body, Environ, Header } from '../../../src/wsgi/types.js';
import { FakeSink } from './fake-sink.js';

export interface Served {
  sink: FakeSink;
  /** What was reported to the log, in order. */
  errors: unknown[];
  environ: Environ;
  /** Of the head; 0 before it is sent. */
  readonly status: number;
  readonly text: string | undefined;
}

export interface ServeOptions {
  method?: string;
  sink?: FakeSink;
}

/** Starts a request. Synchronous applications are over when it returns; for others await `sink.over`. */
export function serve(
  application: Application,
  { method = 'GET', sink = new FakeSink() }: ServeOptions = {},
): Served {
  const controller = new AbortController();
  sink.onGone(() => controller.abort());
  const environ = { REQUEST_METHOD: method, 'uwsgi.signal': controller.signal } as Environ;
  const errors: unknown[] = [];
  callApplication(application, environ, sink, (error) => {
    errors.push(error);
    return undefined;
  });
  return {
    sink,
    errors,
    environ,
    get status() {
      return sink.head?.code ?? 0;
    },
    get text() {
      return sink.body?.toString();
    },
  };
}

export const plain: Header = ['Content-Type', 'text/plain'];

/** An application that answers 200 with this body, which is made after start_response was called. */
export function answering(body: () => unknown, headers: Header[] = [plain]): Application {
  return (_, startResponse) => {
    startResponse('200 OK', headers);
    return body() as Body;
  };
}

/** Serves an application and waits for the end of the response. */
export async function serveWhole(application: Application, options?: ServeOptions): Promise<Served> {
  const served = serve(application, options);
  await served.sink.over;
  return served;
}

/** Lets everything run that is ready to: promises, then immediates. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

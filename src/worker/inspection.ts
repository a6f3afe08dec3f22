/**
 * A look into a JS thread that hangs, through Node's inspector: its call frames, and a word into its ear. Runs in the
 * control thread of the worker; at the other end is V8's debugger in the stuck thread, which answers from within the
 * loop that does not end. Code that is not JavaScript cannot be interrupted: then nobody answers.
 */
import type { Session } from 'node:inspector';

/** How long a thread may take to answer, milliseconds; one that runs JavaScript takes about 30. */
const PATIENCE = 1_500;

interface Reply {
  id?: number;
  method?: string;
  result?: unknown;
  params?: unknown;
}

interface CallFrame {
  functionName: string;
  url: string;
  location: { lineNumber: number; columnNumber: number; scriptId: string };
}

export class Inspection {
  readonly #session: Session;
  readonly #sessionId: string;
  readonly #waiting = new Map<number | string, (reply: Reply) => void>();
  /** Modules that were compiled in memory have no URL in their frames. */
  readonly #scripts = new Map<string, string>();
  #lastId = 0;

  private constructor(session: Session, sessionId: string) {
    this.#session = session;
    this.#sessionId = sessionId;
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      if (params.sessionId === sessionId) this.#receive(JSON.parse(params.message) as Reply);
    });
  }

  /** @returns null where this Node has no inspector, or does not show the thread */
  static async open(threadId: number): Promise<Inspection | null> {
    let session: Session;
    try {
      const inspector = await import('node:inspector');
      session = new inspector.Session();
      session.connect();
    } catch {
      return null;
    }
    const found = new Promise<string>((resolve) => {
      session.on('NodeWorker.attachedToWorker', ({ params }) => {
        // Its `workerId` only counts what this session was shown; the number that the thread goes by is in the title.
        if (params.workerInfo.title.startsWith(`[worker ${threadId}]`)) resolve(params.sessionId);
      });
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    const sessionId = await within(found);
    if (sessionId !== null) return new Inspection(session, sessionId);
    session.disconnect();
    return null;
  }

  /** Stops the thread where it is. @returns its call frames, the innermost first; null where it does not answer */
  async pause(): Promise<string[] | null> {
    const paused = this.#next('Debugger.paused');
    void this.#send('Debugger.enable');
    void this.#send('Debugger.pause');
    const reply = await within(paused);
    if (reply === null) return null;
    const { callFrames } = reply.params as { callFrames: CallFrame[] };
    return callFrames.map((frame) => this.#describe(frame));
  }

  /** Runs an expression in the thread that is paused. */
  async evaluate(expression: string): Promise<void> {
    await within(this.#send('Runtime.evaluate', { expression }));
  }

  /** Lets the thread go on. One whose debugger is not taken away could not be terminated. */
  async close(): Promise<void> {
    await within(this.#send('Debugger.disable'));
    this.#session.post('NodeWorker.disable');
    this.#session.disconnect();
  }

  #send(method: string, params: object = {}): Promise<Reply> {
    this.#lastId += 1;
    const reply = this.#next(this.#lastId);
    const message = JSON.stringify({ id: this.#lastId, method, params });
    this.#session.post('NodeWorker.sendMessageToWorker', { sessionId: this.#sessionId, message });
    return reply;
  }

  #next(what: number | string): Promise<Reply> {
    return new Promise((resolve) => this.#waiting.set(what, resolve));
  }

  #receive(reply: Reply): void {
    if (reply.method === 'Debugger.scriptParsed') {
      const { scriptId, url } = reply.params as { scriptId: string; url: string };
      this.#scripts.set(scriptId, url);
    }
    const what = reply.id ?? reply.method ?? '';
    this.#waiting.get(what)?.(reply);
    this.#waiting.delete(what);
  }

  #describe({ functionName, url, location }: CallFrame): string {
    const file = (url || this.#scripts.get(location.scriptId) || '<anonymous>').replace(/^file:\/\//, '');
    const place = `${file}:${location.lineNumber + 1}:${location.columnNumber + 1}`;
    return functionName === '' ? place : `${functionName} (${place})`;
  }
}

/** The value, or null when it takes too long. */
async function within<Value>(promise: Promise<Value>): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, null);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

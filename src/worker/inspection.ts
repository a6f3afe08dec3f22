/**
 * A look into a JS thread, also one that hangs, through Node's inspector: its call frames, and a word into its ear. Runs in
 * the control thread of the worker; at the other end is V8's debugger in that thread, which answers from within the loop
 * that does not end. Code that is not JavaScript cannot be interrupted: then nobody answers.
 */
import type { Session } from 'node:inspector';

/** How long a thread may take to answer, milliseconds; one that runs JavaScript takes about 30. */
const PATIENCE = 1_500;
/** The same where nobody waits for its end, and several may be looked at while the machine is busy. */
const LONG_PATIENCE = 3_000;
/** How long a thread that has begun to work for whoever looks may take, milliseconds: a large heap takes minutes. */
const PATIENCE_AT_WORK = 600_000;
/** One that has taken the word to stop, and runs JavaScript, stops with its next step; milliseconds. */
const NEXT_STEP = 100;
/** On a busy machine the next step takes its time, like the answers before: this many times as long as the slowest. */
const TURNS = 10;
/** But no longer than this: all of it has to end before the master gives the worker up (src/master/traceback.ts). */
const LAST_TURN = 1_000;

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

/** A session with the inspector of this process, by way of which its threads are reached. The last of them ends it. */
interface Line {
  session: Session;
  users: number;
}

export class Inspection {
  readonly #line: Line;
  readonly #sessionId: string;
  readonly #waiting = new Map<number | string, (reply: Reply) => void>();
  /** Modules that were compiled in memory have no URL in their frames. */
  readonly #scripts = new Map<string, string>();
  #lastId = 0;
  /** It has not taken a word. */
  #isSilent = false;
  #onChunk: ((chunk: string) => void) | null = null;
  readonly #ended: Promise<null>;

  private constructor(line: Line, sessionId: string) {
    this.#line = line;
    this.#sessionId = sessionId;
    line.session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      if (params.sessionId !== sessionId) return;
      // Not on the spot: Node runs no microtasks after an event of the inspector, until something else happens.
      setImmediate(() => this.#receive(JSON.parse(params.message) as Reply));
    });
    this.#ended = new Promise((resolve) => {
      line.session.on('NodeWorker.detachedFromWorker', ({ params }) => {
        if (params.sessionId === sessionId) setImmediate(resolve, null);
      });
    });
  }

  /** @returns null where this Node has no inspector, or does not show the thread */
  static async open(threadId: number): Promise<Inspection | null> {
    const [only] = await Inspection.openAll([threadId]);
    return only ?? null;
  }

  /** Several at once, in the order of the numbers: each session is shown every thread, and that takes its time. */
  static async openAll(threadIds: readonly number[]): Promise<(Inspection | null)[]> {
    const session = connect();
    if (session === null) return threadIds.map(() => null);
    const sessionIds = new Map<number, string>();
    const found = new Promise<void>((resolve) => {
      session.on('NodeWorker.attachedToWorker', ({ params }) => {
        // Its `workerId` only counts what this session was shown; the number that the thread goes by is in the title.
        const threadId = Number(/^\[worker (\d+)\]/.exec(params.workerInfo.title)?.[1]);
        if (threadIds.includes(threadId)) sessionIds.set(threadId, params.sessionId);
        if (sessionIds.size === threadIds.length) setImmediate(resolve);
      });
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    await within(found);
    const line = { session, users: sessionIds.size };
    if (line.users === 0) hangUp(line);
    return threadIds.map((threadId) => {
      const sessionId = sessionIds.get(threadId);
      return sessionId === undefined ? null : new Inspection(line, sessionId);
    });
  }

  /** Stops the thread where it is. @returns its call frames, the innermost first; null where it does not answer */
  async pause(): Promise<string[] | null> {
    const paused = this.#next('Debugger.paused');
    void this.#send('Debugger.enable');
    void this.#send('Debugger.pause');
    return this.#framesOf(await within(paused));
  }

  /**
   * The same for a thread that may well be idle: one without JavaScript to run does not stop.
   * @returns no frames where it waits in its event loop; null where it does not answer
   */
  async locate(): Promise<string[] | null> {
    const paused = this.#next('Debugger.paused');
    void this.#send('Debugger.enable');
    const asked = performance.now();
    if (!(await this.#answers('Debugger.pause'))) return null;
    const taken = performance.now() - asked;
    const reply = (await within(paused, NEXT_STEP)) ?? (await this.#secondChance(paused, taken));
    return this.#framesOf(reply) ?? [];
  }

  /**
   * The machine may be busy: whoever answers once more has had its turn since, and as slowly as it answers it may stop.
   * @param taken how long the first answer took, milliseconds
   */
  async #secondChance(paused: Promise<Reply>, taken: number): Promise<Reply | null> {
    const asked = performance.now();
    await within(this.#send('Runtime.getIsolateId'));
    const slowest = Math.max(taken, performance.now() - asked);
    return within(paused, Math.min(Math.max(NEXT_STEP, TURNS * slowest), LAST_TURN));
  }

  #framesOf(reply: Reply | null): string[] | null {
    if (reply === null) return null;
    const { callFrames } = reply.params as { callFrames: CallFrame[] };
    return callFrames.map((frame) => this.#describe(frame));
  }

  /**
   * What it does in that time, as V8's profiler sees it.
   * @param duration milliseconds
   * @returns null where it does not answer, or ends
   */
  async profile(duration: number): Promise<object | null> {
    if (!(await this.#answers('Profiler.enable'))) return null;
    await within(this.#send('Profiler.start'));
    await within(this.#ended, duration);
    const reply = await within(Promise.race([this.#send('Profiler.stop'), this.#ended]), PATIENCE_AT_WORK);
    void this.#send('Profiler.disable');
    return reply === null ? null : (reply.result as { profile: object }).profile;
  }

  /**
   * What its heap holds, piece by piece. The thread stands still meanwhile.
   * @returns whether it came to the end
   */
  async snapshotHeap(onChunk: (chunk: string) => void): Promise<boolean> {
    if (!(await this.#answers('HeapProfiler.enable'))) return false;
    this.#onChunk = onChunk;
    const end = Promise.race([this.#send('HeapProfiler.takeHeapSnapshot'), this.#ended]);
    const reply = await within(end, PATIENCE_AT_WORK);
    this.#onChunk = null;
    void this.#send('HeapProfiler.disable');
    return reply !== null && reply.result !== undefined;
  }

  async #answers(method: string): Promise<boolean> {
    const reply = await within(Promise.race([this.#send(method), this.#ended]), LONG_PATIENCE);
    this.#isSilent = reply === null;
    return !this.#isSilent;
  }

  /** Runs an expression in the thread that is paused. */
  async evaluate(expression: string): Promise<void> {
    await within(this.#send('Runtime.evaluate', { expression }));
  }

  /** Lets the thread go on. One whose debugger is not taken away could not be terminated. */
  async close(): Promise<void> {
    const done = this.#send('Debugger.disable');
    if (!this.#isSilent) await within(Promise.race([done, this.#ended]));
    this.#line.users -= 1;
    if (this.#line.users === 0) hangUp(this.#line);
  }

  #send(method: string, params: object = {}): Promise<Reply> {
    this.#lastId += 1;
    const reply = this.#next(this.#lastId);
    const message = JSON.stringify({ id: this.#lastId, method, params });
    this.#line.session.post('NodeWorker.sendMessageToWorker', { sessionId: this.#sessionId, message });
    return reply;
  }

  #next(what: number | string): Promise<Reply> {
    return new Promise((resolve) => this.#waiting.set(what, resolve));
  }

  #receive(reply: Reply): void {
    if (reply.method === 'HeapProfiler.addHeapSnapshotChunk') {
      this.#onChunk?.((reply.params as { chunk: string }).chunk);
      return;
    }
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

function connect(): Session | null {
  try {
    // Loaded when it is needed; undefined where Node was built without it.
    const inspector = process.getBuiltinModule('node:inspector');
    const session = new inspector.Session();
    session.connect();
    // Two listeners for each thread are no leak.
    session.setMaxListeners(0);
    return session;
  } catch {
    return null;
  }
}

function hangUp({ session }: Line): void {
  session.post('NodeWorker.disable');
  session.disconnect();
}

/** The value, or null when it takes too long. @param patience milliseconds */
async function within<Value>(promise: Promise<Value>, patience = PATIENCE): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, patience, null);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Harakiri for threads whose event loop does not turn. Runs in the control thread of a worker, which reads on the
 * scoreboard by when each JS thread must have turned: that thread cannot be asked. It logs where the thread hangs, has
 * its clients answered, and ends it; the worker then replaces it like any other that has died. A request that merely waits
 * is ended by its own thread (native/core/engine_harakiri.cc, src/thread/front-harakiri.ts), and a worker whose control
 * thread hangs as well by the master (src/master/harakiri.ts).
 */
import { type BusyCore, harakiri as lines, stuckLines } from '../log/harakiri.js';
import { answerStuck, type ScoreRows } from '../messages.js';
import { type NativeScoreboard, Score } from '../native-scoreboard.js';
import { readCore, readNote, readWatch, type ScoreReader } from '../stats/core-score.js';
import { kernelFacts } from './kernel-facts.js';
import type { ThreadHandle } from './thread-handle.js';

/** Milliseconds between two looks. */
export const LOOK = 250;
/** How long a terminated thread may take to end, milliseconds; one that runs JavaScript takes a few. */
export const TERMINATION = 2_000;
/** Frames of a stack that are logged, as many as an Error has; harakiri-verbose: all. */
const FRAMES = 10;

export interface WatchedCore {
  core: number;
  /** On the scoreboard. */
  row: number;
  thread: ThreadHandle;
}

/** The piece of Inspection that is used. */
export interface Look {
  pause(): Promise<string[] | null>;
  evaluate(expression: string): Promise<void>;
  close(): Promise<void>;
}

/** What the worker tells of itself. */
export interface WatchedWorker {
  workerId: number;
  isVerbose: boolean;
  board: ScoreRows;
  /** Those that run. */
  cores(): readonly WatchedCore[];
  /** False: Node would abort the process if one of its threads were terminated. */
  canTerminate(): boolean;
  /** The process must die: this thread cannot be ended. */
  giveUp(core: number): void;
}

export interface HarakiriParts extends WatchedWorker {
  pid: number;
  scores: ScoreReader &
    Pick<NativeScoreboard, 'setWatched' | 'countHarakiri' | 'monotonic' | 'harakiriRests'>;
  inspect(threadId: number): Promise<Look | null>;
  log(...lines: string[]): void;
}

export class HarakiriWatch {
  readonly #parts: HarakiriParts;
  readonly #timer: NodeJS.Timeout;
  readonly #numbers = new Float64Array(Score.length);
  /** Threads that are being ended. */
  readonly #dying = new WeakSet<ThreadHandle>();

  constructor(parts: HarakiriParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#look(), LOOK);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { scores } = this.#parts;
    const rests = scores.harakiriRests();
    for (const watched of this.#parts.cores()) {
      scores.setWatched(watched.row);
      const deadline = rests ? 0 : this.#deadlineOf(watched);
      if (deadline === 0 || scores.monotonic() < deadline || this.#dying.has(watched.thread)) continue;
      this.#dying.add(watched.thread);
      void this.#end(watched, deadline);
    }
  }

  async #end(watched: WatchedCore, deadline: number): Promise<void> {
    const { core, row, thread } = watched;
    const { workerId, pid, scores, log } = this.#parts;
    log(...stuckLines(workerId, pid, core, this.#busy()));
    const look = await this.#parts.inspect(thread.threadId);
    const stack = (await look?.pause()) ?? null;
    if (this.#deadlineOf(watched) !== deadline) {
      await look?.close();
      this.#dying.delete(thread);
      log(lines.cameBack(core));
      return;
    }
    scores.countHarakiri(row);
    this.#logPlace(watched, stack);
    if (stack !== null) await look?.evaluate(answerStuck);
    if (!this.#parts.canTerminate()) {
      this.#parts.giveUp(core);
      return;
    }
    await look?.close();
    thread.terminate('harakiri');
    setTimeout(() => {
      if (thread.state !== 'gone') this.#parts.giveUp(core);
    }, TERMINATION);
  }

  #logPlace({ core, row }: WatchedCore, stack: string[] | null): void {
    const { log, isVerbose } = this.#parts;
    if (stack === null) log(lines.noStack(core));
    else log(...lines.stack(core, isVerbose ? stack : stack.slice(0, FRAMES)));
    if (isVerbose)
      log(
        ...kernelFacts(readWatch(this.#parts.scores, row, this.#numbers).kernelId).map(([what, text]) =>
          lines.kernel(what, text),
        ),
      );
  }

  /** Every core that has a request, as uWSGI lists them. */
  #busy(): BusyCore[] {
    return this.#parts.cores().flatMap(({ core, row }) => {
      const { open, age } = readCore(this.#parts.scores, row, this.#numbers);
      const note = readNote(this.#parts.scores, row);
      return open === 0 || note === null ? [] : [{ core, note, age }];
    });
  }

  #deadlineOf({ row }: WatchedCore): number {
    return readWatch(this.#parts.scores, row, this.#numbers).deadline;
  }
}

/**
 * Harakiri for requests that did not come through the engine, which keeps its own (native/core/engine_harakiri.cc): the
 * HTTP front's. Runs in a JS thread. The rules are the engine's: the time begins with the request and anew with every
 * piece that is sent; while the peer is waited for it does not count.
 */
import { type Refusal, refusals } from '../http/refusals.js';
import { harakiri as lines } from '../log/harakiri.js';
import { log } from '../log/stderr.js';
import type { NativeScoreboard } from '../native-scoreboard.js';
import type { RequestNote } from '../stats/core-score.js';
import type { ErrorPage } from '../wsgi/call.js';
import type { Chunk, Flow, ResponseHead } from '../wsgi/types.js';
import type { Answer } from './observed-sink.js';

/** Milliseconds between two looks, as the engine's. */
const LOOK = 250;
/** A loop that turns ends a request by its next look. One that is late by so much does not turn. */
const LATE = 1_000;

export interface FrontHarakiriParts {
  /** Milliseconds. */
  patience: number;
  /** 0-based number of the thread, for the log. */
  core: number;
  score: Pick<NativeScoreboard, 'setFrontDeadline' | 'harakiriRests'> | null;
  /** A request has been ended. */
  onEnded(): void;
}

export class FrontHarakiri {
  readonly #parts: FrontHarakiriParts;
  /** Requests with the application, in the order in which their time will be over. */
  readonly #open = new Set<TimedSink>();
  #timer: NodeJS.Timeout | null = null;
  /** Whom the application runs for, and since when. */
  #running: TimedSink | null = null;
  #runningSince = 0;
  /** When the youngest of them began, or began anew; it may be over since the last look. */
  #latest = 0;

  constructor(parts: FrontHarakiriParts) {
    this.#parts = parts;
  }

  /**
   * What the application is given in place of `inner`.
   *
   * @param tell called before it is ended for having taken too long, with its age in milliseconds
   */
  watch(inner: Answer, note: RequestNote, tell: (age: number) => void = () => {}): TimedSink {
    return new TimedSink(inner, note, this, tell);
  }

  /** Calls the application for a request. */
  run(sink: TimedSink, call: () => void): void {
    this.#running = sink;
    this.#runningSince = performance.now();
    this.arm(sink);
    call();
    this.#running = null;
    this.#publish();
  }

  /** Its time begins, or begins anew. */
  arm(sink: TimedSink): void {
    sink.armedAt = this.#latest = performance.now();
    this.#open.delete(sink);
    this.#open.add(sink);
    this.#timer ??= setInterval(() => this.#look(), LOOK).unref();
    this.#publish();
  }

  /** The peer is waited for, or the response is over. */
  release(sink: TimedSink): void {
    this.#open.delete(sink);
  }

  /**
   * Answers what is open, because the thread is about to be ended. Called while it hangs: from within, by the control
   * thread's debugger. Where it is known in which request it hangs the others are not to blame, however old they are.
   *
   * @param least of an answer's body, bytes; it is filled up with line ends
   */
  answerStuck(least: number): void {
    const now = performance.now();
    const isStuck = this.#running !== null && now - this.#runningSince >= this.#parts.patience;
    for (const sink of [...this.#open]) {
      const isGuilty = isStuck ? sink === this.#running : now - sink.armedAt >= this.#parts.patience;
      log(lines.unanswered(sink.note, isGuilty ? 504 : 503));
      const answer = isGuilty ? refusals.overdue : refusals.unanswered;
      sink.expire({ ...answer, text: answer.text.padEnd(least, '\n') });
    }
  }

  #look(): void {
    const now = performance.now();
    const { patience, score } = this.#parts;
    const rests = score?.harakiriRests() === true;
    this.#latest = 0;
    for (const sink of [...this.#open]) {
      if (rests || now - sink.armedAt < patience) {
        // Of a loop that turns nobody is to think that it hangs, however long its requests may take.
        this.#latest = rests ? Math.max(sink.armedAt, now - patience) : sink.armedAt;
        continue;
      }
      const age = now - sink.begunAt;
      log(lines.waited({ core: this.#parts.core, note: sink.note, age }, sink.isBegun));
      sink.tell(age);
      this.#parts.onEnded();
      sink.expire(refusals.overdue);
    }
    if (this.#open.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    this.#publish();
  }

  #publish(): void {
    const { patience, score } = this.#parts;
    let at = this.#open.size === 0 ? 0 : this.#latest + patience + LATE;
    if (this.#running !== null) at = Math.max(at, this.#runningSince + patience);
    score?.setFrontDeadline(at === 0 ? 0 : Math.max(1, at - performance.now()));
  }
}

export class TimedSink implements Answer {
  readonly note: RequestNote;
  readonly begunAt = performance.now();
  armedAt = this.begunAt;
  isBegun = false;
  readonly #inner: Answer;
  readonly #owner: FrontHarakiri;
  #isOver = false;
  #isExpired = false;
  #whenGone: Array<() => void> = [];
  #whenDrained: (() => void) | null = null;

  constructor(
    inner: Answer,
    note: RequestNote,
    owner: FrontHarakiri,
    readonly tell: (age: number) => void,
  ) {
    this.#inner = inner;
    this.note = note;
    this.#owner = owner;
    inner.onGone(() => this.#lose());
  }

  respond(head: ResponseHead, body: Chunk | null): void {
    if (this.#isOver) return;
    this.#finish();
    this.#inner.respond(head, body);
  }

  begin(head: ResponseHead, chunk: Chunk | null): Flow {
    if (this.#isOver) return 'gone';
    this.isBegun = true;
    return this.#progress(this.#inner.begin(head, chunk));
  }

  write(chunk: Chunk): Flow {
    return this.#isOver ? 'gone' : this.#progress(this.#inner.write(chunk));
  }

  end(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#inner.end();
  }

  abort(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#inner.abort();
  }

  fail(page: ErrorPage): void {
    if (this.#isOver) return;
    this.#finish();
    this.#inner.fail(page);
  }

  onDrain(callback: () => void): void {
    if (this.#isOver) {
      setImmediate(callback);
      return;
    }
    this.#whenDrained = callback;
    this.#inner.onDrain(() => {
      if (!this.#isOver) this.#owner.arm(this);
      this.#drain();
    });
  }

  onGone(callback: () => void): void {
    if (this.#isExpired) setImmediate(callback);
    else this.#whenGone.push(callback);
  }

  /** The application had it for too long: its peer is answered first, or reset, then the application told. */
  expire(answer: Refusal): void {
    if (this.isBegun) this.abort();
    else this.respond(answer.head, answer.text);
    this.#lose();
  }

  #progress(flow: Flow): Flow {
    if (flow === 'full') this.#owner.release(this);
    else if (flow === 'sent') this.#owner.arm(this);
    return flow;
  }

  #finish(): void {
    this.#isOver = true;
    this.#owner.release(this);
  }

  /** Nobody reads the response any more. */
  #lose(): void {
    if (this.#isExpired) return;
    this.#isExpired = true;
    this.#finish();
    for (const callback of this.#whenGone.splice(0)) callback();
    this.#drain();
  }

  #drain(): void {
    const callback = this.#whenDrained;
    this.#whenDrained = null;
    callback?.();
  }
}

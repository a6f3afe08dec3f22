/**
 * One engine with its application, in the thread that creates it: a worker's JS thread is nothing but this plus an
 * application loader, and so is a program that embeds the server.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { upgradeListenerOf } from '../adapters/websocket.js';
import type { Settings } from '../config/settings.js';
import type { HttpBody } from '../http/body.js';
import type { HttpEngine, HttpFront } from '../http/engine.js';
import type { HttpEnviron } from '../http/environ.js';
import { refusals } from '../http/refusals.js';
import { harakiri } from '../log/harakiri.js';
import { sizeOfHead } from '../log/request-line.js';
import { type EndOfRequest, RequestLog } from '../log/request-log.js';
import { log } from '../log/stderr.js';
import type { Exchange, InheritedListener } from '../messages.js';
import { EngineProtocol, Fact, type NativeEngine, native, UNKNOWN_LENGTH_HIGH } from '../native.js';
import type { NativeScoreboard } from '../native-scoreboard.js';
import { noteText, parseNote } from '../stats/core-score.js';
import type { ErrorPage, ErrorReport } from '../wsgi/call.js';
import { type DirectCall, directCallOf, isDirect } from '../wsgi/direct.js';
import { WsgiInput } from '../wsgi/input.js';
import type { Application, Environ, ResponseSink } from '../wsgi/types.js';
import { editHeads } from './edited-sink.js';
import { EnvironBuilder, type EnvironConstants } from './environ.js';
import { countVars, noteOf } from './environ-notes.js';
import { exceptionReport } from './exceptions.js';
import { FrontHarakiri } from './front-harakiri.js';
import { HeadEdit } from './head-edit.js';
import { attach, httpEnvirons } from './http-environ.js';
import { NativeBody } from './native-body.js';
import { NativeSink } from './native-sink.js';
import { type Answer, LazySignal, LoggedSink } from './observed-sink.js';
import { refusalLine, rejectionLine } from './rejections.js';
import type { RequestQuota } from './request-quota.js';
import { publishHarakiri, type RequestTrace, Tracing } from './tracing.js';
import type { OpenRequest, Requests } from './uncaught.js';

export interface ServerOptions {
  listeners: InheritedListener[];
  settings: Settings;
  /** 0-based number of the thread in its process, for the log. */
  core: number;
  /** 1-based, for the log; 0 by default: no worker of a server. */
  workerId?: number;
  /** Descriptor for request lines; stderr by default. */
  requestLogFd?: number;
  constants: EnvironConstants;
  /** Where requests are counted, if anywhere. */
  score?: Score | null;
  /** Where FastCGI connections change hands, if anywhere. */
  exchange?: Exchange | null;
  /** Told of the application's errors; by default they are written to the log. */
  report?: ErrorReport;
  /** Whether it is known at any time whose request the running code serves: costs every promise a little (Node 20). */
  tracksRequests?: boolean;
  /** Told of every request, if anybody. */
  quota?: RequestQuota | null;
  /** Whom to tell of requests; by default subscribers of diagnostics_channel alone. */
  tracing?: Tracing;
}

/** The piece of the addon that counts this thread's requests. */
export type Score = Pick<
  NativeScoreboard,
  | 'beginRequest'
  | 'endRequest'
  | 'latestRequest'
  | 'countException'
  | 'countOwnHarakiri'
  | 'setFrontDeadline'
  | 'harakiriRests'
>;

/**
 * Inside of its callbacks uWebSockets.js holds back what does not fill a buffer of 16 KiB until they return, and the one
 * in which a thread hangs never does.
 */
const UWS_CORK = 20_480;

/** How often a draining server looks whether its last request is over, milliseconds. */
const drainLook = 5;

export class ThreadServer implements Requests {
  /** Why HTTP is served as it is, where the application decided that; null otherwise. */
  httpReason: string | null = null;
  readonly #application: Application;
  /** Runs the application. */
  readonly #run: DirectCall;
  /** What `add-header` and `rem-header` do; null without them. */
  readonly #edit: HeadEdit | null;
  readonly #settings: Settings;
  readonly #constants: EnvironConstants;
  readonly #builder: EnvironBuilder;
  readonly #log: RequestLog | null;
  readonly #score: Score | null;
  readonly #quota: RequestQuota | null;
  readonly #core: number;
  readonly #engine: NativeEngine;
  /** Requests that wait for something, by connection. */
  readonly #pending: NativeSink[] = [];
  readonly #openOverHttp = new Set<Environ>();
  readonly #report: ErrorReport;
  readonly #tracing: Tracing;
  /** Null where requests are not tracked. */
  readonly #current: AsyncLocalStorage<OpenRequest> | null;
  #front: HttpFront | null = null;
  /** Where HTTP is served and the option is on. */
  #harakiri: FrontHarakiri | null = null;

  constructor(
    application: Application,
    { listeners, settings, core, workerId = 0, constants, score = null, ...more }: ServerOptions,
  ) {
    const report = more.report ?? exceptionReport(settings);
    this.#report = (error, environ) => {
      score?.countException();
      return report(error, environ);
    };
    this.#tracing = more.tracing ?? new Tracing(null);
    this.#current = more.tracksRequests === true ? new AsyncLocalStorage() : null;
    this.#application = application;
    this.#edit = HeadEdit.of(settings);
    this.#run = editHeads(directCallOf(application), this.#edit);
    this.#settings = settings;
    this.#constants = constants;
    this.#builder = new EnvironBuilder(constants, isDirect(application));
    this.#score = score;
    this.#quota = more.quota ?? null;
    this.#core = core;
    this.#log = RequestLog.of(settings, core, workerId, score, more.requestLogFd);
    this.#engine = native.createEngine(
      {
        listeners: listeners
          .filter(({ protocol }) => protocol !== 'http')
          .map(({ fd, family, protocol }) => ({
            fd,
            unix: family === 'unix',
            protocol: EngineProtocol[protocol as keyof typeof EngineProtocol],
          })),
        bufferSize: settings.bufferSize,
        postBuffering: settings.postBuffering,
        limitPost: settings.limitPost,
        socketTimeout: settings.socketTimeout * 1000,
        harakiri: settings.harakiri * 1000,
        maxRequests: settings.async,
        exchange: more.exchange ?? null,
        shares: more.exchange != null && settings.processes * settings.threads > 1,
      },
      {
        request: (text, body) => this.#request(text, body),
        writable: (connection) => this.#pending[connection]?.writable(),
        data: (connection, chunk) => this.#pending[connection]?.data(chunk),
        gone: (connection) => this.#pending[connection]?.lose(),
        expired: (connection, note, elapsed) => this.#expire(connection, note, elapsed),
        rejected: (reason, peer, detail, protocol) =>
          log(rejectionLine(reason, peer, detail, settings, protocol)),
      },
      this.#builder.places,
      this.#builder.names,
      this.#builder.facts,
    );
  }

  /**
   * Starts the HTTP front where there are listeners for it.
   *
   * @param engine what must serve them; by default the best that there is
   * @returns what serves HTTP, or null
   */
  async startHttp(listeners: InheritedListener[], engine?: HttpEngine): Promise<string | null> {
    const http = listeners.filter(({ protocol }) => protocol === 'http');
    if (http.length === 0) return null;
    this.#harakiri = this.#makeHarakiri();
    const onUpgrade = upgradeListenerOf(this.#application);
    const { startHttpFront } = await import('../http/front.js');
    this.#front = await startHttpFront({
      listeners: http,
      settings: this.#settings,
      threads: this.#settings.threads,
      newEnviron: httpEnvirons(this.#constants),
      onRequest: (environ, sink, body) => this.#requestOverHttp(environ, sink, body),
      onRefused: (status, peer, reason) => log(refusalLine(status, peer, reason)),
      ...(engine !== undefined && { engine }),
      ...(onUpgrade !== null && { onUpgrade }),
    });
    const { engine: chosen, reason } = this.#front;
    return reason === null ? chosen : `${chosen} (${reason})`;
  }

  /**
   * Stops accepting; resolves when the last request is over.
   *
   * @param handsOver others go on: FastCGI connections that stay open are handed over to them
   */
  async drain(handsOver = false): Promise<void> {
    this.#engine.stopAccepting(handsOver);
    await this.#front?.drain();
    while (this.#engine.openRequests() > 0) await delay(drainLook);
    this.flushLog();
  }

  current(): OpenRequest | undefined {
    return this.#current?.getStore();
  }

  open(): Environ[] {
    const open = [...this.#openOverHttp];
    this.#pending.forEach(({ environ }) => {
      if (environ !== null) open.push(environ);
    });
    return open;
  }

  /** Whether the event loop stays alive for this server's sake. */
  keepAlive(wanted: boolean): void {
    this.#engine.keepAlive(wanted);
    this.#front?.keepAlive(wanted);
  }

  /** Writes the request lines that wait; for a thread that ends on the spot. */
  flushLog(): void {
    this.#log?.flush();
  }

  /** Lets go of everything; what is still open is answered with 503, and its application told that nobody listens. */
  close(): void {
    this.#engine.close();
    this.#pending.forEach((sink) => {
      if (!sink.over) sink.lose();
    });
    this.flushLog();
  }

  /**
   * Answers what came over HTTP, because the thread is about to be ended: called while it hangs. What came through the
   * engine is answered when the thread ends, or here where it cannot end without its process.
   */
  answerStuck(): void {
    const cannotEnd = this.#front?.engine === 'uWebSockets.js';
    this.#harakiri?.answerStuck(cannotEnd ? UWS_CORK : 0);
    if (cannotEnd) this.#engine.close();
    this.flushLog();
  }

  #makeHarakiri(): FrontHarakiri | null {
    const patience = this.#settings.harakiri * 1000;
    if (patience === 0) return null;
    const score = this.#score;
    return new FrontHarakiri({ patience, core: this.#core, score, onEnded: () => score?.countOwnHarakiri() });
  }

  /** The engine has answered: the application had the request for too long. */
  #expire(connection: number, text: string, age: number): void {
    const sink = this.#pending[connection];
    const note = parseNote(text);
    if (note !== null) log(harakiri.waited({ core: this.#core, note, age }, sink?.begun ?? false));
    if (sink !== undefined && sink.environ !== null) publishHarakiri(sink.environ, age);
    sink?.lose(refusals.overdue.head);
  }

  #request(text: string, body: Buffer | null): void {
    const facts = this.#builder.facts;
    const connection = facts[Fact.connection]!;
    const sink = new NativeSink(this.#engine, connection);
    const source = facts[Fact.streams] === 0 ? null : this.#bodyOf(sink);
    const environ = this.#builder.build(text, new WsgiInput(body, source), sink);
    if (environ.SERVER_PROTOCOL === 'HTTP/1.0') sink.http10 = true;
    if (this.#log !== null) {
      const arrival = {
        vars: facts[Fact.count]!,
        size: facts[Fact.size]!,
        modifier1: facts[Fact.modifier1]!,
      };
      sink.finished = this.#log.begin(environ, arrival);
    }
    const trace = this.#tracing.begin(environ);
    if (trace !== null) sink.finished = trace.watchEnd(sink.finished);
    this.#call(environ, sink, trace);
    if (!sink.over) {
      sink.environ = environ;
      this.#pending[connection] = sink;
    }
  }

  /** Counts a request over HTTP, and begins its line; the engine counts its own. Returns whom to tell when it is over. */
  #beginOverHttp(environ: Environ): EndOfRequest {
    const score = this.#score;
    const line = this.#log?.begin(environ, { vars: countVars(environ), size: 0, modifier1: 0 });
    const began = score?.beginRequest(noteText(noteOf(environ))) ?? 0;
    this.#openOverHttp.add(environ);
    return (head, bytes, ending) => {
      this.#openOverHttp.delete(environ);
      score?.endRequest(bytes + sizeOfHead(head), began, head?.code ?? 0);
      line?.(head, bytes, ending);
    };
  }

  #call(environ: Environ, sink: Answer, trace: RequestTrace | null): void {
    this.#quota?.look();
    if (trace === null && this.#current === null) this.#run(environ, sink, this.#report);
    else this.#callWatched(environ, sink, trace);
  }

  /** Apart from `#call`: a function with closures in it pays for them whether it makes them or not. */
  #callWatched(environ: Environ, sink: Answer, trace: RequestTrace | null): void {
    const report = trace?.watch(this.#report) ?? this.#report;
    const run = () => this.#run(environ, sink, report);
    const call = trace === null ? run : () => trace.run(run);
    if (this.#current === null) return call();
    this.#current.run({ environ, report, fail: (page) => this.#fail(sink, page) }, call);
  }

  #fail(sink: Answer, { head, body }: ErrorPage): void {
    sink.fail({ head: this.#edit?.ofHead(head) ?? head, body });
  }

  #bodyOf(sink: NativeSink): NativeBody {
    const facts = this.#builder.facts;
    const high = facts[Fact.contentLengthHigh]!;
    // FastCGI without a CONTENT_LENGTH: the end of the body tells.
    const length = high === UNKNOWN_LENGTH_HIGH ? null : high * 2 ** 32 + facts[Fact.contentLengthLow]!;
    return new NativeBody(this.#engine, sink, length, this.#settings.socketTimeout);
  }

  #requestOverHttp(vars: HttpEnviron, sink: ResponseSink, body: HttpBody): void {
    const source = body === null || Buffer.isBuffer(body) ? null : body;
    const input = new WsgiInput(Buffer.isBuffer(body) ? body : null, source);
    const signal = new LazySignal((abort) => answer.onGone(abort));
    const environ = attach(vars, input, signal);
    const finished = this.#beginOverHttp(environ);
    const trace = this.#tracing.begin(environ);
    const logged = new LoggedSink(sink, trace?.watchEnd(finished) ?? finished);
    const timed =
      this.#harakiri?.watch(logged, noteOf(environ), (age) => publishHarakiri(environ, age)) ?? null;
    const answer = timed ?? logged;
    if (timed === null) this.#call(environ, answer, trace);
    else this.#harakiri?.run(timed, () => this.#call(environ, answer, trace));
  }
}

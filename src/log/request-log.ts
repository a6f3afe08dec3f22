/**
 * The request log: which requests get a line, and whose it is. Runs in a JS thread. What a line says is in request-line.ts
 * and log-format.ts, how lines are written in line-writer.ts.
 */
import type { LogSettings } from '../config/log-settings.js';
import { LineWriter } from './line-writer.js';
import { compileFormat, jsonFormat } from './log-format.js';
import {
  type Arrival,
  type BeginLine,
  type Departure,
  defaultLine,
  type Ending,
  type LineOptions,
  type LoggedHead,
} from './request-line.js';

/** Told when a response is over. `head` is null where the connection ended before a response began. */
export type EndOfRequest = (head: LoggedHead | null, bytes: number, ending?: Ending) => void;

/** Knows the number, in the whole instance, of the request that this thread has finished last. */
export interface Counter {
  latestRequest(): number;
}

export interface RequestLogParts {
  readonly settings: LogSettings;
  readonly core: number;
  /** 1-based; 0 where the server is embedded. */
  readonly workerId: number;
  /** Counts the requests of the whole instance; null: there are no others. */
  readonly score: Counter | null;
  readonly writer: LineWriter;
}

export class RequestLog {
  readonly #begin: BeginLine;
  readonly #isWanted: ((end: Departure) => boolean) | null;
  readonly #score: Counter | null;
  readonly #writer: LineWriter;
  /** The global is a getter, which took more time than the clock. */
  readonly #clock = performance;
  #count = 0;

  constructor({ settings, core, workerId, score, writer }: RequestLogParts) {
    this.#begin = lineFor(settings, { core, workerId, xForwardedFor: settings.logXForwardedFor });
    this.#isWanted = choiceOf(settings);
    this.#score = score;
    this.#writer = writer;
  }

  /** Null where no request can get a line. */
  static of(
    settings: LogSettings,
    core: number,
    workerId: number,
    score: Counter | null,
    fd = 2,
  ): RequestLog | null {
    if (settings.disableLogging && !hasExceptions(settings)) return null;
    return new RequestLog({ settings, core, workerId, score, writer: LineWriter.to(fd) });
  }

  /** Begins the line of a request, with what the request says: the application may change its environ afterwards. */
  begin(environ: Record<string, unknown>, arrival: Arrival): EndOfRequest {
    const started = this.#clock.now();
    const line = this.#begin(environ, arrival);
    return (head, bytes, ending = 'sent') => {
      const count = ++this.#count;
      const at = this.#clock.now();
      const end = {
        head,
        bytes,
        ending,
        at,
        milliseconds: at - started,
        count,
        countInAll: this.#score === null ? count : this.#score.latestRequest(),
      };
      if (this.#isWanted === null || this.#isWanted(end)) this.#writer.write(`${line(end)}\n`);
    };
  }

  /** Writes what waits; for the end of the thread. */
  flush(): void {
    this.#writer.flush();
  }
}

function lineFor(settings: LogSettings, options: LineOptions): BeginLine {
  const { logFormat, logFormatStrftime, logDate, logJson, logMicros } = settings;
  if (logFormat !== null) {
    const date = logFormatStrftime && typeof logDate === 'string' ? logDate : null;
    return compileFormat(logFormat, { ...options, date });
  }
  return logJson ? compileFormat(jsonFormat, { ...options, date: null }) : defaultLine(options, logMicros);
}

function hasExceptions(settings: LogSettings): boolean {
  const { logZero, logSlow, logBig, log4xx, log5xx, logSendfile, logIoerror } = settings;
  return logZero || logSlow > 0 || logBig > 0 || log4xx || log5xx || logSendfile || logIoerror;
}

/** With `disable-logging` the exceptions; without it every request. */
function choiceOf(settings: LogSettings): ((end: Departure) => boolean) | null {
  if (!settings.disableLogging) return null;
  const { logZero, logSlow, logBig, log4xx, log5xx, logSendfile, logIoerror } = settings;
  return ({ head, bytes, ending, milliseconds }) => {
    const kind = head === null ? 0 : Math.floor(head.code / 100);
    return (
      (logZero && bytes === 0) ||
      (logSlow > 0 && milliseconds >= logSlow) ||
      (logBig > 0 && bytes >= logBig) ||
      (log4xx && kind === 4) ||
      (log5xx && kind === 5) ||
      (logSendfile && ending === 'file') ||
      (logIoerror && (ending === 'left' || ending === 'left-sending'))
    );
  };
}

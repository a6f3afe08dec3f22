import type { EncoderSetting } from '../log/encoders.js';
import type { LoggerSetting, RouteSetting } from '../log/logger-spec.js';

/**
 * What the log options say; part of `Settings`. Which lines are written, what they look like, where they go.
 */
export interface LogSettings {
  logto: string | null;
  /** Opened after privileges are dropped. */
  logto2: string | null;

  /** No line for a request but for those that the next seven ask for. */
  disableLogging: boolean;
  /** A line for responses without a body. */
  logZero: boolean;
  /** A line for requests that took at least as many milliseconds; 0: none. */
  logSlow: number;
  /** A line for responses of at least as many bytes; 0: none. */
  logBig: number;
  log4xx: boolean;
  log5xx: boolean;
  /** A line for files that were sent. */
  logSendfile: boolean;
  /** A line for requests whose peer left before its response was complete. */
  logIoerror: boolean;

  /** What a request's line says, with `%(name)`; null: uWSGI's line. */
  logFormat: string | null;
  /** `%(ftime)` is written as `logDate` says. */
  logFormatStrftime: boolean;
  /** The default line counts in microseconds. */
  logMicros: boolean;
  /** X-Forwarded-For takes the place of the client's address. */
  logXForwardedFor: boolean;
  /** Every line is a JSON object. */
  logJson: boolean;
  /** What stands before the server's own lines: a format of strftime(3), `true` for the time as ctime(3) writes it. */
  logDate: string | true | null;

  /** Permission bits of the log file; null leaves the umask's result. */
  logfileChmod: number | null;
  /** The log file belongs to `uid` and `gid`. */
  logfileChown: boolean;
  /** The log file is emptied at the start. */
  logTruncate: boolean;
  /** The log file is opened again on a reload. */
  logReopen: boolean;
  /** Bytes at which the log file gets another name and a new one takes its place; 0: never. */
  logMaxsize: number;
  /** That name; null: the file's, with the time behind it. */
  logBackupname: string | null;
  /** Files: when one is touched the log files are opened again, or get another name. */
  touchLogreopen: string[];
  touchLogrotate: string[];

  /** Where lines go instead of stderr or the log file; requests too, where `reqLoggers` is empty. */
  loggers: LoggerSetting[];
  reqLoggers: LoggerSetting[];
  /** Lines that match go to the logger of that name alone. */
  logRoutes: RouteSetting[];
  logReqRoutes: RouteSetting[];
  /** Regular expressions: lines that match are dropped; if there are any, lines that match none are dropped. */
  logDrain: string[];
  logFilter: string[];
  logEncoders: EncoderSetting[];
  logReqEncoders: EncoderSetting[];
}

export const defaultLogSettings = (): LogSettings => ({
  logto: null,
  logto2: null,
  disableLogging: false,
  logZero: false,
  logSlow: 0,
  logBig: 0,
  log4xx: false,
  log5xx: false,
  logSendfile: false,
  logIoerror: false,
  logFormat: null,
  logFormatStrftime: false,
  logMicros: false,
  logXForwardedFor: false,
  logJson: false,
  logDate: null,
  logfileChmod: null,
  logfileChown: false,
  logTruncate: false,
  logReopen: false,
  logMaxsize: 0,
  logBackupname: null,
  touchLogreopen: [],
  touchLogrotate: [],
  loggers: [],
  reqLoggers: [],
  logRoutes: [],
  logReqRoutes: [],
  logDrain: [],
  logFilter: [],
  logEncoders: [],
  logReqEncoders: [],
});

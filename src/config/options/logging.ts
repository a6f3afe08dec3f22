import { problems } from '../../errors/configuration.js';
import { parseEncoder } from '../../log/encoders.js';
import { isPattern, parseLogger, parseRoute } from '../../log/logger-spec.js';
import { intoBool, intoInteger, intoText } from '../into.js';
import type { LogSettings } from '../log-settings.js';
import type { Apply } from '../option.js';
import { defineOptions, flag, int, list, notYetAll, type OptionRow, text, withoutEffect } from '../rows.js';

/** Without a value the time, else a format of strftime(3), which may be any text. */
const intoLogDate: Apply = ({ settings }, { value }) => {
  settings.logDate = value === null || value === '' || value === 'true' ? true : value;
};

const intoMode: Apply = (draft, at) => {
  if (/^[0-7]{3}$/.test(at.value ?? '')) draft.settings.logfileChmod = Number.parseInt(at.value!, 8);
  else draft.refuse(at, problems.invalidMode(at.value ?? ''));
};

/** The fields that are lists. */
type ListField = {
  [Field in keyof LogSettings]: LogSettings[Field] extends readonly unknown[] ? Field : never;
}[keyof LogSettings];

/** A list option whose every value `parse` understands, or the configuration is refused. */
function parsed<Field extends ListField>(
  name: string,
  metavar: string,
  help: string,
  field: Field,
  parse: (value: string) => LogSettings[Field][number] | null,
  more: Partial<OptionRow> = {},
): OptionRow {
  const apply: Apply = (draft, at) => {
    const value = parse(at.value ?? '');
    if (value === null) draft.refuse(at, problems.notALogOption(at.value ?? '', metavar));
    else Object.assign(draft.settings, { [field]: [...draft.settings[field], value] });
  };
  return list(name, metavar, help, { impliesMaster: true, apply, ...more });
}

const logger = (
  name: string,
  metavar: string,
  help: string,
  field: 'loggers' | 'reqLoggers',
  spelled = (value: string) => value,
  more: Partial<OptionRow> = {},
) => parsed(name, metavar, help, field, (value) => parseLogger(spelled(value)), more);

const pattern = (value: string) => (value !== '' && isPattern(value) ? value : null);

export const loggingOptions = defineOptions('logging', [
  { name: 'logto', metavar: 'FILE', help: 'write the log to this file', ...intoText('logto') },
  {
    name: 'logto2',
    metavar: 'FILE',
    help: 'write the log to this file, opened after uid and gid have been taken on',
    ...intoText('logto2'),
  },
  {
    name: 'disable-logging',
    short: 'L',
    help: 'write no line for each request',
    ...intoBool('disableLogging'),
  },
  text('log-format', 'FORMAT', 'what a request line says', {
    aliases: ['logformat'],
    ...intoText('logFormat'),
  }),
  flag('log-format-strftime', 'write %(ftime) in request lines as log-date says', {
    aliases: ['logformat-strftime'],
    ...intoBool('logFormatStrftime'),
  }),
  flag('log-json', 'write every line as a JSON object', intoBool('logJson')),
  text('log-date', 'FORMAT', "put the time, in a format of strftime(3), before the server's own lines", {
    aliases: ['logdate', 'log-prefix'],
    argument: 'optional',
    apply: intoLogDate,
  }),
  flag('log-zero', 'with disable-logging: a line for responses without a body', intoBool('logZero')),
  int('log-slow', 'MILLISECONDS', 'with disable-logging: a line for requests that take as long', {
    ...intoInteger('logSlow'),
  }),
  flag('log-4xx', 'with disable-logging: a line for responses 400 to 499', intoBool('log4xx')),
  flag('log-5xx', 'with disable-logging: a line for responses 500 to 599', intoBool('log5xx')),
  int('log-big', 'BYTES', 'with disable-logging: a line for responses of as many bytes', {
    ...intoInteger('logBig'),
  }),
  flag('log-sendfile', 'with disable-logging: a line for files that were sent', {
    argument: 'required',
    ...intoBool('logSendfile'),
  }),
  flag('log-ioerror', 'with disable-logging: a line for requests whose peer left too early', {
    argument: 'required',
    ...intoBool('logIoerror'),
  }),
  flag('log-micros', 'count in microseconds', intoBool('logMicros')),
  flag('log-x-forwarded-for', "take the client's address from X-Forwarded-For", {
    ...intoBool('logXForwardedFor'),
  }),
  flag('log-reopen', 'open the log file again on a reload', intoBool('logReopen')),
  flag('log-truncate', 'empty the log file at the start', intoBool('logTruncate')),
  int('log-maxsize', 'BYTES', 'give the log file another name beyond this size, and begin a new one', {
    impliesMaster: true,
    ...intoInteger('logMaxsize'),
  }),
  text('log-backupname', 'NAME', 'that name', {
    default: "the file's, with the time behind it",
    ...intoText('logBackupname'),
  }),
  flag('logfile-chown', 'give the log file to uid and gid', intoBool('logfileChown')),
  text('logfile-chmod', 'MODE', 'permissions of the log file', { apply: intoMode }),
  logger('log-syslog', '[NAME]', 'log to syslog', 'loggers', (value) => `syslog:${value}`, {
    argument: 'optional',
  }),
  logger('log-socket', 'ADDRESS', 'log to a socket', 'loggers', (value) => `socket:${value}`),
  logger('logger', '[NAME ]KIND:ARGS', 'log here: file, stdio, fd, socket, syslog, rsyslog', 'loggers'),
  logger('req-logger', '[NAME ]KIND:ARGS', 'log requests here', 'reqLoggers', undefined, {
    aliases: ['logger-req'],
  }),
  parsed(
    'log-encoder',
    'ENCODER',
    'transform every line on its way into a logger',
    'logEncoders',
    parseEncoder,
  ),
  parsed('log-req-encoder', 'ENCODER', 'transform every request line', 'logReqEncoders', parseEncoder),
  parsed('log-drain', 'REGEXP', 'drop lines that match', 'logDrain', pattern),
  parsed('log-filter', 'REGEXP', 'write only lines that match', 'logFilter', pattern),
  parsed('log-route', 'NAME REGEXP', 'send lines that match to a logger', 'logRoutes', parseRoute),
  parsed(
    'log-req-route',
    'NAME REGEXP',
    'send request lines that match to a logger',
    'logReqRoutes',
    parseRoute,
  ),
  withoutEffect('with loggers the master always writes the log, and no line is cut', () => [
    flag('log-master', 'let the master write the log', { impliesMaster: true }),
    int('log-master-bufsize', 'BYTES', 'longest line the master takes'),
    flag('log-master-stream', 'pass lines to the master as a stream'),
    flag('log-master-req-stream', 'pass request lines to the master as a stream'),
    flag('threaded-logger', 'write logs in a thread', { impliesMaster: true }),
  ]),
  notYetAll(() => [flag('logger-list', 'list the kinds of logger', { aliases: ['loggers-list'] })]),
]);

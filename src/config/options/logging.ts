import { intoBool, intoInteger, intoText } from '../into.js';
import type { Apply } from '../option.js';
import { defineOptions, flag, int, list, notYetAll, text } from '../rows.js';

/** Without a value the time, else a format of strftime(3), which may be any text. */
const intoLogDate: Apply = ({ settings }, { value }) => {
  settings.logDate = value === null || value === '' || value === 'true' ? true : value;
};

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
  ...notYetAll([
    flag('log-master', 'let the master write the log', { impliesMaster: true }),
    int('log-master-bufsize', 'BYTES', 'longest line the master takes'),
    flag('log-master-stream', 'pass lines to the master as a stream'),
    flag('log-master-req-stream', 'pass request lines to the master as a stream'),
    flag('log-reopen', 'open the log again on a reload'),
    flag('log-truncate', 'empty the log at the start'),
    int('log-maxsize', 'BYTES', 'rotate the log beyond this size', { impliesMaster: true }),
    text('log-backupname', 'NAME', 'name of a rotated log'),
    flag('logfile-chown', 'give the log file to uid and gid'),
    text('logfile-chmod', 'MODE', 'permissions of the log file'),
    list('log-syslog', 'NAME', 'log to syslog', { argument: 'optional', impliesMaster: true }),
    list('log-socket', 'ADDRESS', 'log to a socket', { impliesMaster: true }),
    list('logger', '[NAME ]PLUGIN:ARGS', 'log here', { impliesMaster: true }),
    list('req-logger', '[NAME ]PLUGIN:ARGS', 'log requests here', {
      aliases: ['logger-req'],
      impliesMaster: true,
    }),
    flag('logger-list', 'list the kinds of logger', { aliases: ['loggers-list'] }),
    flag('threaded-logger', 'write logs in a thread', { impliesMaster: true }),
    list('log-encoder', 'ENCODER', 'transform every line', { impliesMaster: true }),
    list('log-req-encoder', 'ENCODER', 'transform every request line', { impliesMaster: true }),
    list('log-drain', 'REGEXP', 'drop lines that match', { impliesMaster: true }),
    list('log-filter', 'REGEXP', 'write only lines that match', { impliesMaster: true }),
    list('log-route', 'NAME REGEXP', 'send lines that match to a logger', { impliesMaster: true }),
    list('log-req-route', 'NAME REGEXP', 'send request lines that match to a logger', {
      impliesMaster: true,
    }),
  ]),
]);

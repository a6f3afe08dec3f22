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

export const statsOptions = defineOptions('stats', [
  ...notYetAll([
    text('stats', 'ADDRESS', 'serve statistics as JSON here', {
      aliases: ['stats-server'],
      impliesMaster: true,
    }),
    flag('stats-http', 'put an HTTP head before the statistics', { impliesMaster: true }),
    flag('stats-minified', 'leave blanks out of the statistics', {
      aliases: ['stats-min'],
      impliesMaster: true,
    }),
    list('stats-push', 'PUSHER:ARGS', 'send the statistics there', { impliesMaster: true }),
    int('stats-pusher-default-freq', 'SECONDS', 'how often to send them', {
      aliases: ['stats-pushers-default-freq'],
      impliesMaster: true,
    }),
    flag('stats-no-cores', 'leave threads out of the statistics', { impliesMaster: true }),
    flag('stats-no-metrics', 'leave metrics out of the statistics', { impliesMaster: true }),
    flag('enable-metrics', 'keep metrics', { impliesMaster: true }),
    list('metric', 'NAME', 'keep a metric of your own', { impliesMaster: true }),
    list('metric-threshold', 'RULE', 'raise an alarm when a metric passes a value', {
      aliases: ['metric-alarm', 'alarm-metric'],
      impliesMaster: true,
    }),
    text('metrics-dir', 'DIR', 'keep metrics in files here', {
      aliases: ['metric-dir'],
      impliesMaster: true,
    }),
    flag('metrics-dir-restore', 'read metrics from their files at the start', {
      aliases: ['metric-dir-restore'],
      impliesMaster: true,
    }),
    flag('metrics-no-cores', 'keep no metrics of threads', { impliesMaster: true }),
    list('carbon', 'HOST:PORT', 'send metrics to carbon', { impliesMaster: true }),
    int('carbon-timeout', 'SECONDS', 'time a carbon server has'),
    int('carbon-freq', 'SECONDS', 'how often to send'),
    text('carbon-id', 'TEXT', 'name of this instance'),
    flag('carbon-no-workers', 'leave workers out'),
    int('carbon-max-retry', 'N', 'tries before a server is given up'),
    int('carbon-retry-delay', 'SECONDS', 'pause between tries'),
    text('carbon-root', 'TEXT', "root of the metrics' names"),
    text('carbon-hostname-dots', 'TEXT', 'what stands for the dots of the host name'),
    flag('carbon-name-resolve', 'send to names, not only to addresses', {
      aliases: ['carbon-resolve-names'],
    }),
    text('carbon-idle-avg', 'HOW', 'average of a worker that did nothing: last, zero or none'),
    flag('carbon-use-metrics', 'send all metrics'),
    list('rrdtool', 'DIR', 'keep metrics in RRD files', { impliesMaster: true }),
    int('rrdtool-freq', 'SECONDS', 'how often to write them'),
    text('rrdtool-lib', 'PATH', 'where librrd is'),
    flag('nagios', 'answer as a Nagios check, then exit'),
    text('snmp', 'ADDRESS', 'answer SNMP requests', { argument: 'optional' }),
    text('snmp-community', 'TEXT', 'the community that may ask'),
    list('alarm', 'NAME PLUGIN:ARGS', 'define an alarm', { impliesMaster: true }),
    flag('alarm-cheap', 'raise alarms without a thread of their own', { argument: 'required' }),
    int('alarm-freq', 'SECONDS', 'shortest time between two alarms of the same message'),
    list('alarm-fd', 'NAME FD[:BYTES]', 'raise an alarm when a descriptor is readable', {
      impliesMaster: true,
    }),
    list('alarm-segfault', 'NAME', 'raise an alarm when a process crashes', {
      aliases: ['segfault-alarm'],
      impliesMaster: true,
    }),
    list('alarm-backlog', 'NAME', 'raise an alarm when the accept queue is full', {
      aliases: ['backlog-alarm', 'lq-alarm', 'alarm-lq', 'alarm-listen-queue', 'listen-queue-alarm'],
      impliesMaster: true,
    }),
    list('log-alarm', 'NAME REGEXP', 'raise an alarm when a log line matches', {
      aliases: ['alarm-log'],
      impliesMaster: true,
    }),
    list('not-log-alarm', 'NAME REGEXP', 'raise no alarm for log lines that match', {
      aliases: ['not-alarm-log'],
      impliesMaster: true,
    }),
    flag('alarm-list', 'list the alarms', { aliases: ['alarms-list'] }),
    int('alarm-msg-size', 'BYTES', 'longest message of an alarm'),
    text('notify-socket', 'PATH', 'take status messages on this socket', { impliesMaster: true }),
  ]),
]);

import { intoInspect, intoTracebacker } from '../inspect.js';
import { intoBool, intoEndpoint, intoInteger, intoText } from '../into.js';
import { defineOptions, flag, int, list, notYetAll, text, withoutEffect } from '../rows.js';

export const statsOptions = defineOptions('stats', [
  text('stats', 'ADDRESS', 'serve statistics as JSON here', {
    aliases: ['stats-server'],
    impliesMaster: true,
    ...intoEndpoint('stats'),
  }),
  flag('stats-http', 'put an HTTP head before the statistics', {
    impliesMaster: true,
    ...intoBool('statsHttp'),
  }),
  flag('stats-minified', 'leave blanks out of the statistics', {
    aliases: ['stats-min'],
    impliesMaster: true,
    ...intoBool('statsMinified'),
  }),
  flag('stats-no-cores', 'leave threads out of the statistics', {
    impliesMaster: true,
    ...intoBool('statsNoCores'),
  }),
  text(
    'metrics',
    'ADDRESS',
    'serve metrics for Prometheus here, and health checks: /metrics /livez /readyz',
    {
      impliesMaster: true,
      ...intoEndpoint('metrics'),
    },
  ),
  text('stats-page', 'ADDRESS', 'serve a page here that shows what the server does', {
    impliesMaster: true,
    ...intoEndpoint('statsPage'),
  }),
  text('inspect', '[HOST:]PORT', 'let debuggers (chrome://inspect) connect to one worker here', {
    argument: 'optional',
    default: '127.0.0.1:9229',
    apply: intoInspect,
  }),
  int('inspect-worker', 'N', 'which worker that is', {
    default: '1',
    ...intoInteger('inspectWorker', { min: 1 }),
  }),
  text(
    'tracebacker',
    'PATH',
    'tell whoever connects to PATH1, PATH2, … where the threads of that worker are',
    {
      aliases: ['py-tracebacker'],
      impliesMaster: true,
      apply: intoTracebacker,
    },
  ),
  text('profile-dir', 'DIR', 'write CPU profiles and heap snapshots (uwsgi-node profile) here', {
    default: 'the working directory',
    ...intoText('profileDir'),
  }),
  withoutEffect('there is no metrics subsystem; `metrics` and `stats` show everything there is', () => [
    flag('stats-no-metrics', 'leave metrics out of the statistics', { impliesMaster: true }),
    flag('enable-metrics', 'keep metrics', { impliesMaster: true }),
  ]),
  notYetAll(() => [
    list('stats-push', 'PUSHER:ARGS', 'send the statistics there', { impliesMaster: true }),
    int('stats-pusher-default-freq', 'SECONDS', 'how often to send them', {
      aliases: ['stats-pushers-default-freq'],
      impliesMaster: true,
    }),
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

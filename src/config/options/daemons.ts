import { defineOptions, flag, int, list, notYetAll, text } from '../rows.js';

export const daemonsOptions = defineOptions('daemons', [
  ...notYetAll([
    list('cron', 'MIN HOUR DAY MONTH WDAY COMMAND', 'run a command at these times', { impliesMaster: true }),
    list(
      'cron2',
      'OPTIONS MIN HOUR DAY MONTH WDAY COMMAND',
      'run a command at these times, with options ahead',
      { impliesMaster: true },
    ),
    list(
      'unique-cron',
      'MIN HOUR DAY MONTH WDAY COMMAND',
      'run a command at these times unless it still runs',
      { impliesMaster: true },
    ),
    int('cron-harakiri', 'SECONDS', 'longest time a command may run'),
    list('signal-timer', 'N SECONDS', 'raise a uwsgi signal at intervals', {
      aliases: ['timer'],
      impliesMaster: true,
    }),
    list('signal-rbtimer', 'N SECONDS', 'raise a uwsgi signal at intervals, with a red-black timer', {
      aliases: ['rbtimer'],
      impliesMaster: true,
    }),
    text('signal', 'ADDRESS,N', 'send a uwsgi signal to a server, then exit', { immediate: true }),
    int('signal-bufsize', 'N', 'length of the signal queue', { aliases: ['signals-bufsize'] }),
    list('attach-daemon', 'COMMAND', 'run this program beside the workers, and again when it ends', {
      impliesMaster: true,
    }),
    list('attach-control-daemon', 'COMMAND', 'run this program beside the workers, and stop when it ends', {
      impliesMaster: true,
    }),
    list(
      'smart-attach-daemon',
      'PIDFILE COMMAND',
      'run this program, which writes a pid file and goes to the background',
      { impliesMaster: true },
    ),
    list(
      'smart-attach-daemon2',
      'PIDFILE COMMAND',
      'the same as smart-attach-daemon, started again on a reload',
      { impliesMaster: true },
    ),
    list('attach-daemon2', 'OPTIONS', 'run a program, in the form name=value,name=value', {
      impliesMaster: true,
    }),
    flag('daemons-honour-stdin', 'leave the standard input of such programs as it is', {
      impliesMaster: true,
    }),
    list('spooler', 'DIR', 'run tasks from this folder', { short: 'Q', impliesMaster: true }),
    list('spooler-external', 'DIR', 'use this folder of tasks, which another instance runs', {
      impliesMaster: true,
    }),
    flag('spooler-ordered', 'run tasks in the order of their names'),
    text('spooler-chdir', 'DIR', 'folder in which tasks run'),
    int('spooler-processes', 'N', 'processes for each spooler', { immediate: true }),
    flag('spooler-quiet', 'do not log tasks'),
    int('spooler-max-tasks', 'N', 'replace a spooler after N tasks'),
    int('spooler-harakiri', 'SECONDS', 'end a task that takes longer'),
    int('spooler-frequency', 'SECONDS', 'how often to look for tasks', { aliases: ['spooler-freq'] }),
    list('mule', 'MODULE', 'a process beside the workers that runs this module', {
      argument: 'optional',
      impliesMaster: true,
    }),
    list('mules', 'N', 'N processes beside the workers', { impliesMaster: true }),
    list('farm', 'NAME:MULES', 'a group of mules', { impliesMaster: true }),
    int('mule-harakiri', 'SECONDS', 'end a mule that hangs'),
    int('mule-msg-size', 'BYTES', 'longest message to a mule', { argument: 'optional', impliesMaster: true }),
  ]),
]);

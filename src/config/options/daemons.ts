import { problems } from '../../errors/configuration.js';
import { cronKeys, parseCron, parseKeyedCron } from '../cron-spec.js';
import { daemonKeys, parseDaemon, parseSmartDaemon } from '../daemon-spec.js';
import { daemonSetting } from '../default-settings.js';
import { intoBool, intoInteger, readText } from '../into.js';
import type { Apply } from '../option.js';
import { defineOptions, flag, int, list, notYetAll, text } from '../rows.js';

const attached =
  (isControl: boolean): Apply =>
  (draft, at) => {
    const command = readText(draft, at);
    if (command !== null) draft.settings.daemons.push({ ...daemonSetting, command, isControl });
  };

const smart =
  (isDaemonized: boolean): Apply =>
  (draft, at) => {
    const value = readText(draft, at);
    if (value === null) return;
    const setting = parseSmartDaemon(value);
    if (setting === null) draft.refuse(at, problems.invalidSmartDaemon(value));
    else draft.settings.daemons.push({ ...setting, isDaemonized });
  };

const keyed: Apply = (draft, at) => {
  const value = readText(draft, at);
  if (value === null) return;
  const { setting, problem, ignored } = parseDaemon(value);
  for (const key of ignored) draft.warn(at, problems.daemonKeyIgnored(key));
  if (setting === null) draft.refuse(at, problems.invalidDaemon(problem, daemonKeys));
  else draft.settings.daemons.push(setting);
};

const cron =
  (isUnique: boolean): Apply =>
  (draft, at) => {
    const value = readText(draft, at);
    if (value === null) return;
    const { setting, problem } = parseCron(value, isUnique);
    if (setting === null) draft.refuse(at, problems.invalidCron(problem));
    else draft.settings.crons.push(setting);
  };

const keyedCron: Apply = (draft, at) => {
  const value = readText(draft, at);
  if (value === null) return;
  const { setting, problem, isForLegion } = parseKeyedCron(value);
  if (setting !== null) draft.settings.crons.push(setting);
  else if (isForLegion) draft.warn(at, problems.cronForLegion());
  else draft.refuse(at, problems.invalidKeyedCron(problem, cronKeys));
};

export const daemonsOptions = defineOptions('daemons', [
  {
    name: 'attach-daemon',
    type: 'list',
    metavar: 'COMMAND',
    help: 'run this program beside the workers, and again when it ends',
    impliesMaster: true,
    apply: attached(false),
  },
  {
    name: 'attach-control-daemon',
    type: 'list',
    metavar: 'COMMAND',
    help: 'run this program beside the workers, and stop when it ends',
    impliesMaster: true,
    apply: attached(true),
  },
  {
    name: 'smart-attach-daemon',
    type: 'list',
    metavar: 'PIDFILE[,FREQ] COMMAND',
    help: 'start this program unless the process in its pid file lives; it outlives the server',
    impliesMaster: true,
    apply: smart(false),
  },
  {
    name: 'smart-attach-daemon2',
    type: 'list',
    metavar: 'PIDFILE[,FREQ] COMMAND',
    help: 'the same for a program that writes no pid file and stays in the foreground',
    impliesMaster: true,
    apply: smart(true),
  },
  {
    name: 'attach-daemon2',
    type: 'list',
    metavar: 'KEY=VALUE,...',
    help: 'run a program beside the workers, with these settings',
    impliesMaster: true,
    apply: keyed,
  },
  {
    name: 'daemons-honour-stdin',
    help: 'give such programs the standard input of the server',
    impliesMaster: true,
    ...intoBool('daemonsHonourStdin'),
  },
  {
    name: 'cron',
    type: 'list',
    metavar: 'MIN HOUR DAY MONTH WDAY COMMAND',
    help: 'run a command at these times',
    impliesMaster: true,
    apply: cron(false),
  },
  {
    name: 'cron2',
    type: 'list',
    metavar: 'KEY=VALUE,... COMMAND',
    help: 'run a command at the times that its keys say, with these settings',
    impliesMaster: true,
    apply: keyedCron,
  },
  {
    name: 'unique-cron',
    type: 'list',
    metavar: 'MIN HOUR DAY MONTH WDAY COMMAND',
    help: 'run a command at these times unless it still runs',
    impliesMaster: true,
    apply: cron(true),
  },
  {
    name: 'cron-harakiri',
    metavar: 'SECONDS',
    help: 'longest time that such a command may run',
    ...intoInteger('cronHarakiri'),
  },
  notYetAll(() => [
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

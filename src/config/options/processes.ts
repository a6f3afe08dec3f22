import { problems } from '../../errors/configuration.js';
import { intoBool, intoInteger, intoList, readText } from '../into.js';
import type { Apply } from '../option.js';
import { usableProcessors } from '../processors.js';
import {
  defineOptions,
  flag,
  harmful,
  int,
  list,
  megabytes,
  noEffect,
  notYetAll,
  text,
  withoutEffect,
} from '../rows.js';

const { apply: countProcesses } = intoInteger('processes', { min: 1, max: 4096 });

const processes: Apply = (draft, at) => {
  if (at.value === 'auto') draft.settings.processes = usableProcessors();
  else countProcesses?.(draft, at);
};

export const processOptions = defineOptions('processes', [
  {
    name: 'master',
    short: 'M',
    help: 'say that a master process supervises the workers',
    ...intoBool('master'),
  },
  {
    name: 'processes',
    aliases: ['workers'],
    short: 'p',
    default: '1',
    help: 'worker processes; auto: as many as there are processors',
    type: 'int',
    apply: processes,
  },
  {
    name: 'threads',
    default: '1',
    help: 'JS threads in each worker, each with its own copy of the application',
    ...intoInteger('threads', { min: 1, max: 1024 }),
  },
  {
    name: 'enable-threads',
    short: 'T',
    type: 'bool',
    help: 'let the application start threads',
    state: noEffect('an application may always start worker_threads'),
  },
  notYetAll(() => [
    flag('no-threads-wait', 'do not wait for threads when a worker stops'),
    flag('memory-report', 'add memory use to request lines', { short: 'm' }),
    text('profiler', 'NAME', 'run a profiler'),
    int('backtrace-depth', 'N', 'frames in a backtrace'),
    text('worker-exec', 'COMMAND', 'run this program in place of a worker'),
    text('worker-exec2', 'COMMAND', 'run this program in place of a worker, after the hooks'),
  ]),
  {
    name: 'cpu-affinity',
    help: 'bind each worker to N processors',
    ...intoInteger('cpuAffinity', { max: 1024 }),
  },
  {
    name: 'prio',
    help: 'scheduling priority, from -20 to 20',
    ...intoInteger('prio', { min: -20, max: 20 }),
  },
  withoutEffect('a response that waits for its reader costs no thread', () => [
    int('offload-threads', 'N', 'threads that send files and pass data on while workers go on', {
      aliases: ['offload-thread'],
    }),
  ]),
  withoutEffect('it is measured every check-interval', () => [
    int('mem-collector-freq', 'SECONDS', 'how often memory is measured'),
  ]),
  withoutEffect('workers follow the death of their master anyway', () => [
    flag('no-orphans', 'end workers whose master has died'),
  ]),
  withoutEffect('every child of the server is waited for', () => [
    flag('reaper', 'collect children that have ended', { short: 'r' }),
  ]),
  withoutEffect(
    'workers are started afresh, never forked from a process that has loaded the application',
    () => [
      flag('refork', 'fork once more after binding', { aliases: ['re-fork'] }),
      flag('refork-as-root', 'fork once more before giving up root', { aliases: ['re-fork-as-root'] }),
      flag('refork-post-jail', 'fork once more inside a jail', { aliases: ['re-fork-post-jail'] }),
    ],
  ),
  withoutEffect('there is one loop engine, the event loop of Node.js', () => [
    text('loop', 'NAME', 'choose a loop engine'),
    flag('loop-list', 'list the loop engines', { aliases: ['loops-list'] }),
  ]),
  withoutEffect('requests that wait cost no thread, so there is nothing to switch', () => [
    flag('ugreen', 'switch requests with green threads'),
    int('ugreen-stacksize', 'PAGES', 'stack of a green thread'),
  ]),
]);

const daemonize =
  (waits: boolean): Apply =>
  (draft, at) => {
    const file = readText(draft, at);
    if (file === null) return;
    draft.settings.daemonize = { waits };
    draft.settings.logto ??= file;
  };

export const lifecycleOptions = defineOptions('lifecycle', [
  {
    name: 'die-on-term',
    help: 'stop on SIGTERM, which is what happens without it too',
    ...intoBool('dieOnTerm'),
  },
  {
    name: 'worker-reload-mercy',
    metavar: 'SECONDS',
    default: '60',
    help: 'time a worker has to finish its requests when it stops',
    ...intoInteger('workerReloadMercy'),
  },
  {
    name: 'reload-mercy',
    metavar: 'SECONDS',
    help: 'time all workers together have to finish when they are reloaded or stopped',
    ...intoInteger('reloadMercy'),
  },
  {
    name: 'max-requests',
    short: 'R',
    help: 'replace a worker after N requests',
    ...intoInteger('maxRequests'),
  },
  {
    name: 'max-requests-delta',
    help: "add N times the worker's number less one to max-requests",
    ...intoInteger('maxRequestsDelta'),
  },
  {
    name: 'min-worker-lifetime',
    metavar: 'SECONDS',
    default: '10',
    help: 'do not replace a worker that is younger',
    ...intoInteger('minWorkerLifetime'),
  },
  {
    name: 'max-worker-lifetime',
    metavar: 'SECONDS',
    help: 'replace a worker that is older',
    ...intoInteger('maxWorkerLifetime'),
  },
  {
    name: 'max-worker-lifetime-delta',
    metavar: 'SECONDS',
    help: "add this times the worker's number less one to max-worker-lifetime",
    ...intoInteger('maxWorkerLifetimeDelta'),
  },
  {
    name: 'reload-on-rss',
    metavar: 'MB',
    help: 'replace a worker that has more resident memory',
    ...intoInteger('reloadOnRss'),
    type: 'megabytes',
  },
  {
    name: 'evil-reload-on-rss',
    metavar: 'MB',
    help: 'kill a worker that has more resident memory',
    impliesMaster: true,
    ...intoInteger('evilReloadOnRss'),
    type: 'megabytes',
  },
  {
    name: 'drain-delay',
    metavar: 'SECONDS',
    default: '0',
    help: 'time to go on serving after the word to stop, for load balancers that have to notice',
    ...intoInteger('drainDelay', { max: 86_400 }),
  },
  {
    name: 'daemonize',
    short: 'd',
    metavar: 'FILE',
    help: 'go to the background and log to this file',
    apply: daemonize(false),
  },
  {
    name: 'daemonize2',
    metavar: 'FILE',
    help: 'the same, and the command waits until the server is ready or has failed',
    apply: daemonize(true),
  },
  {
    name: 'thread-heap-limit',
    metavar: 'MB',
    help: 'replace a thread whose JavaScript heap is larger, after its requests have been answered with 503',
    ...intoInteger('threadHeapLimit'),
    type: 'megabytes',
  },
  {
    name: 'thread-stacksize',
    aliases: ['threads-stacksize', 'thread-stack-size', 'threads-stack-size'],
    metavar: 'KB',
    default: '4096',
    help: 'stack of each thread; never less than 4096, without which Node.js may not start one',
    ...intoInteger('threadStackSize', { max: 1_048_576 }),
  },
  { name: 'exit-on-reload', help: 'stop instead of reloading', ...intoBool('exitOnReload') },
  {
    name: 'pause',
    metavar: 'PIDFILE',
    help: 'pause or resume the instance behind this pid file',
    immediate: true,
  },
  { name: 'suspend', metavar: 'PIDFILE', help: 'the same as pause', immediate: true },
  { name: 'resume', metavar: 'PIDFILE', help: 'the same as pause', immediate: true },
  { name: 'stop', metavar: 'PIDFILE', help: 'stop the instance behind this pid file', immediate: true },
  { name: 'reload', metavar: 'PIDFILE', help: 'reload the instance behind this pid file', immediate: true },
  notYetAll(() => [
    int('mule-reload-mercy', 'SECONDS', 'time a mule has to finish'),
    list('exception-handler', 'HANDLER', 'report errors of the application here', { impliesMaster: true }),
    int('forkbomb-delay', 'SECONDS', 'pause when workers die one after the other', { impliesMaster: true }),
    int('heartbeat', 'SECONDS', 'tell the Emperor this often that all is well'),
    flag('no-server', 'get everything ready, then exit'),
    flag('command-mode', 'be quiet and take the rest of the command line for a command', { immediate: true }),
    flag('use-abort', 'leave a core file after a crash'),
    list('wait-for-interface', 'NAME', 'wait for a network interface before anything is bound', {
      aliases: ['wait-interface', 'wait-for-iface', 'wait-iface'],
    }),
    int('wait-for-interface-timeout', 'SECONDS', 'how long to wait for an interface', {
      aliases: ['wait-interface-timeout', 'wait-for-iface-timeout', 'wait-iface-timeout'],
    }),
    list('wait-for-fs', 'PATH', 'wait for a file or folder', { aliases: ['wait-for-file', 'wait-for-dir'] }),
    list('wait-for-mountpoint', 'PATH', 'wait for a file system to be mounted'),
    int('wait-for-fs-timeout', 'SECONDS', 'how long to wait for files'),
    list('wait-for-socket', 'ADDRESS', "wait for another server's socket"),
    int('wait-for-socket-timeout', 'SECONDS', 'how long to wait for a socket'),
  ]),
  harmful(
    'V8 reserves far more address space than it uses, so every worker would be over any sensible limit at once',
    () => [
      megabytes('reload-on-as', 'MB', 'replace a worker that uses more address space after a request'),
      megabytes('evil-reload-on-as', 'MB', 'kill a worker that uses more address space', {
        impliesMaster: true,
      }),
    ],
  ),
  withoutEffect('a worker that stops runs the exit handlers of Node.js, which need no switch', () => [
    flag('skip-atexit', 'run no exit handlers in a worker that is killed'),
    flag('skip-atexit-teardown', 'do not take the interpreter down at exit'),
  ]),
]);

export const reloadOptions = defineOptions('reload', [
  {
    name: 'touch-reload',
    metavar: 'FILE',
    help: 'reload when this file is touched',
    impliesMaster: true,
    ...intoList('touchReload'),
  },
  {
    name: 'touch-workers-reload',
    metavar: 'FILE',
    help: 'reload the workers, but not the configuration, when this file is touched',
    impliesMaster: true,
    ...intoList('touchWorkersReload'),
  },
  {
    name: 'touch-chain-reload',
    metavar: 'FILE',
    help: 'reload one worker after the other when this file is touched',
    impliesMaster: true,
    ...intoList('touchChainReload'),
  },
  {
    name: 'touch-logrotate',
    metavar: 'FILE',
    help: 'give the log file another name, and begin a new one, when this file is touched',
    impliesMaster: true,
    ...intoList('touchLogrotate'),
  },
  {
    name: 'touch-logreopen',
    metavar: 'FILE',
    help: 'open the log files again when this file is touched',
    impliesMaster: true,
    ...intoList('touchLogreopen'),
  },
  {
    name: 'master-fifo',
    metavar: 'PATH',
    help: 'take one-letter commands from this fifo',
    impliesMaster: true,
    ...intoList('masterFifo'),
  },
  {
    name: 'touch-exec',
    metavar: 'FILE COMMAND',
    help: 'run a command when this file is touched',
    impliesMaster: true,
    type: 'list',
    apply: (draft, at) => {
      const value = readText(draft, at);
      if (value === null) return;
      const [, path = '', command = ''] = /^\s*(\S+)\s+(\S.*)$/s.exec(value) ?? [];
      if (command === '') draft.refuse(at, problems.invalidTouchExec(value));
      else draft.settings.touchExec.push({ path, command });
    },
  },
  {
    name: 'fs-reload',
    metavar: 'PATH',
    help: 'reload as soon as this file or an entry of this folder changes',
    impliesMaster: true,
    ...intoList('fsReload'),
  },
  {
    name: 'fs-brutal-reload',
    metavar: 'PATH',
    help: 'the same, without letting the old workers finish',
    impliesMaster: true,
    ...intoList('fsBrutalReload'),
  },
  {
    name: 'check-mountpoint',
    aliases: ['mountpoint-check', 'check-mount', 'mount-check'],
    metavar: 'PATH',
    help: 'stop at once when the file system of this folder has gone',
    impliesMaster: true,
    ...intoList('checkMountpoint'),
  },
  {
    name: 'check-interval',
    metavar: 'SECONDS',
    default: '1',
    help: 'how often the master looks at files that may be touched',
    impliesMaster: true,
    ...intoInteger('checkInterval', { min: 1, max: 86_400 }),
  },
  notYetAll(() => [
    list('touch-mules-reload', 'FILE', 'reload the mules when this file is touched', { impliesMaster: true }),
    list('touch-spoolers-reload', 'FILE', 'reload the spoolers when this file is touched', {
      impliesMaster: true,
    }),
    list('touch-signal', 'FILE N', 'raise a uwsgi signal when this file is touched', { impliesMaster: true }),
    flag('propagate-touch', 'pass touches on to sub-instances'),
    list('fs-signal', 'PATH N', 'raise a uwsgi signal when this file or folder changes', {
      impliesMaster: true,
    }),
    list('reload-on-fd', 'FD', 'reload when this descriptor is readable', { impliesMaster: true }),
    list('brutal-reload-on-fd', 'FD', 'reload without mercy when this descriptor is readable', {
      impliesMaster: true,
    }),
  ]),
]);

import { intoBool, intoInteger, readText } from '../into.js';
import type { Apply } from '../option.js';
import { defineOptions, flag, harmful, int, list, megabytes, notYetAll, withoutEffect } from '../rows.js';

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

import { intoBool, intoInteger } from '../into.js';
import { defineOptions, flag, int, noEffect, notYetAll, text, withoutEffect } from '../rows.js';

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
    help: 'worker processes',
    ...intoInteger('processes', { min: 1, max: 4096 }),
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
  ...notYetAll([
    flag('no-threads-wait', 'do not wait for threads when a worker stops'),
    int('thread-stacksize', 'KB', 'stack of each thread', {
      aliases: ['threads-stacksize', 'thread-stack-size', 'threads-stack-size'],
    }),
    int('cpu-affinity', 'N', 'bind each worker to N processors'),
    int('prio', 'N', 'scheduling priority, from -20 to 20'),
    int('offload-threads', 'N', 'threads that send files and pass data on while workers go on', {
      aliases: ['offload-thread'],
    }),
    flag('memory-report', 'add memory use to request lines', { short: 'm' }),
    text('profiler', 'NAME', 'run a profiler'),
    int('backtrace-depth', 'N', 'frames in a backtrace'),
    text('worker-exec', 'COMMAND', 'run this program in place of a worker'),
    text('worker-exec2', 'COMMAND', 'run this program in place of a worker, after the hooks'),
    flag('no-orphans', 'end workers whose master has died'),
  ]),
  ...withoutEffect('every child of the server is waited for', [
    flag('reaper', 'collect children that have ended', { short: 'r' }),
  ]),
  ...withoutEffect(
    'workers are started afresh, never forked from a process that has loaded the application',
    [
      flag('refork', 'fork once more after binding', { aliases: ['re-fork'] }),
      flag('refork-as-root', 'fork once more before giving up root', { aliases: ['re-fork-as-root'] }),
      flag('refork-post-jail', 'fork once more inside a jail', { aliases: ['re-fork-post-jail'] }),
    ],
  ),
  ...withoutEffect('there is one loop engine, the event loop of Node.js', [
    text('loop', 'NAME', 'choose a loop engine'),
    flag('loop-list', 'list the loop engines', { aliases: ['loops-list'] }),
  ]),
  ...withoutEffect('requests that wait cost no thread, so there is nothing to switch', [
    flag('ugreen', 'switch requests with green threads'),
    int('ugreen-stacksize', 'PAGES', 'stack of a green thread'),
  ]),
]);

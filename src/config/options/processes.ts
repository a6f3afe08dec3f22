import { intoBool, intoInteger } from '../into.js';
import type { Apply } from '../option.js';
import { usableProcessors } from '../processors.js';
import { defineOptions, flag, int, noEffect, notYetAll, text, withoutEffect } from '../rows.js';

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

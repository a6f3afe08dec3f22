import { defineOptions, intoBool, intoInteger } from '../option.js';

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
]);

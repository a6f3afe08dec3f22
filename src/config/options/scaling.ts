import { defineOptions, flag, int, notYetAll, text } from '../rows.js';

export const scalingOptions = defineOptions('scaling', [
  ...notYetAll([
    int('cheaper', 'N', 'keep at least N workers, and more as they are needed', { impliesMaster: true }),
    int('cheaper-initial', 'N', 'workers to begin with', { impliesMaster: true }),
    text('cheaper-algo', 'NAME', 'how to decide on the number of workers', { impliesMaster: true }),
    int('cheaper-step', 'N', 'workers to start at once', { impliesMaster: true }),
    int('cheaper-overload', 'SECONDS', 'time between decisions', { impliesMaster: true }),
    flag('cheaper-algo-list', 'list the algorithms', { aliases: ['cheaper-algos-list', 'cheaper-list'] }),
    int('cheaper-rss-limit-soft', 'BYTES', 'start no more workers beyond this memory', {
      impliesMaster: true,
    }),
    int('cheaper-rss-limit-hard', 'BYTES', 'stop workers beyond this memory', { impliesMaster: true }),
    int('cheaper-busyness-max', 'PERCENT', 'start workers above this share of busy time'),
    int('cheaper-busyness-min', 'PERCENT', 'stop workers below this share of busy time'),
    int('cheaper-busyness-multiplier', 'N', 'decisions to wait for before a worker is stopped'),
    int('cheaper-busyness-penalty', 'N', 'decisions more to wait for after a worker was stopped too soon'),
    flag('cheaper-busyness-verbose', 'log each decision'),
    int('cheaper-busyness-backlog-alert', 'N', 'start workers at once when this many connections wait'),
    int('cheaper-busyness-backlog-multiplier', 'N', 'decisions to wait for before such a worker is stopped'),
    int('cheaper-busyness-backlog-step', 'N', 'such workers to start at once'),
    int(
      'cheaper-busyness-backlog-nonzero',
      'SECONDS',
      'start workers when connections have waited this long',
    ),
    flag('cheap', 'start workers with the first request', { impliesMaster: true }),
    int('idle', 'SECONDS', 'stop all workers after this time without a request', { impliesMaster: true }),
    flag('die-on-idle', 'stop the server after the idle time'),
  ]),
]);

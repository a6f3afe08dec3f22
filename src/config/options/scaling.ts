import { problems } from '../../errors/configuration.js';
import { intoBool, intoInteger, readText } from '../into.js';
import type { Apply } from '../option.js';
import { defineOptions, flag, withoutEffect } from '../rows.js';
import type { CheaperAlgorithm } from '../settings.js';

const algorithms: readonly CheaperAlgorithm[] = ['spare', 'backlog', 'busyness', 'manual'];
/** Algorithms of uWSGI that are close to `spare`, or plugins of their own. */
const absentAlgorithms = ['spare2', 'backlog2'];

const algorithm: Apply = (draft, at) => {
  const name = readText(draft, at);
  const known = algorithms.find((each) => each === name);
  if (known !== undefined) draft.settings.cheaperAlgo = known;
  else if (name !== null && absentAlgorithms.includes(name)) draft.warn(at, problems.algorithmAbsent(name));
  else if (name !== null) draft.refuse(at, problems.invalidChoice(name, algorithms));
};

const percent = { min: 0, max: 100 };
const impliesMaster = true;

export const scalingOptions = defineOptions('scaling', [
  {
    name: 'cheaper',
    help: 'keep at least N workers, and up to `processes` as they are needed',
    impliesMaster,
    ...intoInteger('cheaper'),
  },
  {
    name: 'cheaper-initial',
    default: 'cheaper',
    help: 'workers to begin with',
    impliesMaster,
    ...intoInteger('cheaperInitial', { min: 1 }),
  },
  {
    name: 'cheaper-algo',
    metavar: 'NAME',
    default: 'spare',
    help: 'how to decide on the number of workers: spare, backlog, busyness or manual',
    impliesMaster,
    apply: algorithm,
  },
  {
    name: 'cheaper-step',
    default: '1',
    help: 'workers to start at once',
    impliesMaster,
    ...intoInteger('cheaperStep', { min: 1 }),
  },
  {
    name: 'cheaper-overload',
    metavar: 'SECONDS',
    default: '3',
    help: 'time between decisions; under `backlog` the connections that may wait',
    impliesMaster,
    ...intoInteger('cheaperOverload', { min: 1 }),
  },
  {
    name: 'cheaper-rss-limit-soft',
    metavar: 'BYTES',
    help: 'start no more workers beyond this memory',
    impliesMaster,
    ...intoInteger('cheaperRssLimitSoft'),
  },
  {
    name: 'cheaper-rss-limit-hard',
    metavar: 'BYTES',
    help: 'stop workers beyond this memory',
    impliesMaster,
    ...intoInteger('cheaperRssLimitHard'),
  },
  {
    name: 'cheaper-busyness-max',
    metavar: 'PERCENT',
    default: '50',
    help: 'start workers above this share of busy time',
    ...intoInteger('cheaperBusynessMax', percent),
  },
  {
    name: 'cheaper-busyness-min',
    metavar: 'PERCENT',
    default: '25',
    help: 'stop workers below this share of busy time',
    ...intoInteger('cheaperBusynessMin', percent),
  },
  {
    name: 'cheaper-busyness-multiplier',
    default: '10',
    help: 'decisions to wait for before a worker is stopped',
    ...intoInteger('cheaperBusynessMultiplier'),
  },
  {
    name: 'cheaper-busyness-penalty',
    default: '2',
    help: 'decisions more to wait for after a worker was stopped too soon',
    ...intoInteger('cheaperBusynessPenalty'),
  },
  {
    name: 'cheaper-busyness-verbose',
    help: 'log each decision',
    ...intoBool('cheaperBusynessVerbose'),
  },
  {
    name: 'cheaper-busyness-backlog-alert',
    default: '33',
    help: 'start workers at once when more than N connections wait',
    ...intoInteger('cheaperBusynessBacklogAlert'),
  },
  {
    name: 'cheaper-busyness-backlog-multiplier',
    default: '3',
    help: 'decisions to wait for before such a worker is stopped',
    ...intoInteger('cheaperBusynessBacklogMultiplier'),
  },
  {
    name: 'cheaper-busyness-backlog-step',
    default: '1',
    help: 'such workers to start at once',
    ...intoInteger('cheaperBusynessBacklogStep', { min: 1 }),
  },
  {
    name: 'cheaper-busyness-backlog-nonzero',
    metavar: 'SECONDS',
    default: '60',
    help: 'start workers when connections have waited this long',
    ...intoInteger('cheaperBusynessBacklogNonzero', { min: 1 }),
  },
  {
    name: 'cheap',
    help: 'start workers with the first connection',
    impliesMaster,
    ...intoBool('cheap'),
  },
  {
    name: 'idle',
    metavar: 'SECONDS',
    help: 'stop all workers after this time without a request, until the next connection',
    impliesMaster,
    ...intoInteger('idle'),
  },
  { name: 'die-on-idle', help: 'stop the server after the idle time', ...intoBool('dieOnIdle') },
  withoutEffect('the names stand at cheaper-algo', () => [
    flag('cheaper-algo-list', 'list the algorithms', { aliases: ['cheaper-algos-list', 'cheaper-list'] }),
  ]),
]);

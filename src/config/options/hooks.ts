import { defineOptions, list, notYetAll, withoutEffect } from '../rows.js';

/** When a hook runs; what is said of it follows `run this` and `mount this`. */
const phases = {
  asap: 'as soon as the configuration has been read',
  'pre-jail': 'before the jail is entered',
  'post-jail': 'after the jail has been entered',
  'in-jail': 'in the jail, after forking once more',
  'as-root': 'before root is given up',
  'as-user': 'after root has been given up',
  'as-user-atexit': 'at the end, after root has been given up',
  'pre-app': 'before the application is loaded',
  'post-app': 'after the application has been loaded',
  'as-vassal': 'in an instance, before it becomes one',
  'as-emperor': 'in the Emperor, when an instance starts',
} as const;
type Phase = keyof typeof phases;

const hookPhases: Record<string, string> = {
  ...phases,
  'post-fork': 'in each process after it has been forked',
  accepting: 'in each worker, once for each of its threads, when it begins to accept',
  accepting1: 'in the first worker, once for each of its threads, when it begins to accept',
  'accepting-once': 'in each worker when it begins to accept',
  'accepting1-once': 'in the first worker when it begins to accept',
  'master-start': 'when the master is up',
  touch: 'when a file is touched: FILE ACTION',
  'emperor-start': 'when the Emperor starts',
  'emperor-stop': 'when the Emperor stops',
  'emperor-reload': 'when the Emperor reloads',
  'emperor-lost': 'when the Emperor has been lost',
  'as-mule': 'in each mule',
  'as-gateway': 'in each router',
};

const beforeApplication: Phase[] = [
  'asap',
  'pre-jail',
  'post-jail',
  'in-jail',
  'as-root',
  'as-vassal',
  'as-emperor',
];

const rows = (prefix: string, metavar: string, verb: string, when: readonly (readonly [string, string])[]) =>
  when.map(([phase, text]) => list(`${prefix}-${phase}`, metavar, `${verb} ${text}`));

const commands = (prefix: string, metavar: string, verb: string, names: readonly Phase[]) =>
  rows(
    prefix,
    metavar,
    verb,
    names.map((name) => [name, phases[name]] as const),
  ); // prettier-ignore

export const hookOptions = defineOptions('hooks', [
  ...notYetAll([
    ...rows('hook', 'ACTION', 'do this', Object.entries(hookPhases)),
    ...commands('exec', 'COMMAND', 'run this', Object.keys(phases) as Phase[]),
    ...commands('mount', 'OPTIONS', 'mount this', beforeApplication),
    ...commands('umount', 'OPTIONS', 'unmount this', beforeApplication),
    list('after-request-hook', 'FUNCTION', 'call this after each request', {
      aliases: ['after-request-call'],
    }),
  ]),
  ...withoutEffect('no C function of a plugin is linked in', [
    ...commands('call', 'FUNCTION', 'call this', Object.keys(phases) as Phase[]),
    list('call-as-vassal1', 'FUNCTION', `call this with the instance's name ${phases['as-vassal']}`),
    list('call-as-vassal3', 'FUNCTION', `call this with name, uid and gid ${phases['as-vassal']}`),
    list('call-as-emperor1', 'FUNCTION', `call this with the instance's name ${phases['as-emperor']}`),
    list('call-as-emperor2', 'FUNCTION', `call this with name and pid ${phases['as-emperor']}`),
    list('call-as-emperor4', 'FUNCTION', `call this with name, pid, uid and gid ${phases['as-emperor']}`),
  ]),
]);

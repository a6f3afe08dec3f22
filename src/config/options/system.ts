import { problems } from '../../errors/configuration.js';
import { type HookPhase, hookActions, parseHook, hookPhases as phasesThatAreThere } from '../hooks.js';
import { intoBool, intoList, intoText, readText } from '../into.js';
import type { Apply } from '../option.js';
import {
  defineOptions,
  flag,
  harmful,
  int,
  list,
  megabytes,
  notYetAll,
  text,
  withoutEffect,
} from '../rows.js';

/** A part of telling names, which are wanted then. */
const namePart =
  (field: 'procnamePrefix' | 'procnameAppend', made: (text: string) => string): Apply =>
  (draft, at) => {
    const text = readText(draft, at);
    if (text === null) return;
    draft.settings[field] = made(text);
    draft.settings.autoProcname = true;
  };

export const identityOptions = defineOptions('identity', [
  { name: 'uid', metavar: 'USER', help: 'run as this user, by name or number', ...intoText('uid') },
  { name: 'gid', metavar: 'GROUP', help: 'run as this group, by name or number', ...intoText('gid') },
  {
    name: 'pidfile',
    metavar: 'FILE',
    help: "write the master's pid here before root is given up",
    ...intoText('pidfile'),
  },
  {
    name: 'pidfile2',
    metavar: 'FILE',
    help: "write the master's pid here after root has been given up",
    ...intoText('pidfile2'),
  },
  {
    name: 'safe-pidfile',
    metavar: 'FILE',
    help: "write the master's pid here once every worker is ready",
    ...intoText('safePidfile'),
  },
  {
    name: 'safe-pidfile2',
    metavar: 'FILE',
    help: "write the master's pid here once every worker is ready",
    ...intoText('safePidfile2'),
  },
  { name: 'add-gid', metavar: 'GROUP', help: 'take on another group', ...intoList('addGid') },
  {
    name: 'no-initgroups',
    help: "do not take on the user's other groups",
    ...intoBool('noInitgroups'),
  },
  {
    name: 'auto-procname',
    help: 'give processes telling names: uWSGI master, uWSGI worker 1',
    ...intoBool('autoProcname'),
  },
  { name: 'procname', metavar: 'TEXT', help: "the processes' name", ...intoText('procname') },
  { name: 'procname-master', metavar: 'TEXT', help: "the master's name", ...intoText('procnameMaster') },
  {
    name: 'procname-prefix',
    metavar: 'TEXT',
    help: "put this before the processes' names",
    apply: namePart('procnamePrefix', (text) => text),
  },
  {
    name: 'procname-prefix-spaced',
    metavar: 'TEXT',
    help: "put this and a blank before the processes' names",
    apply: namePart('procnamePrefix', (text) => `${text} `),
  },
  {
    name: 'procname-append',
    metavar: 'TEXT',
    help: "put this behind the processes' names",
    apply: namePart('procnameAppend', (text) => text),
  },
  notYetAll(() => [
    text('flock', 'FILE', 'refuse to start when this file is locked', { immediate: true }),
    text('flock-wait', 'FILE', 'wait for the lock of this file', { immediate: true }),
    text('flock2', 'FILE', 'refuse to start when this file is locked, after the log has been set up', {
      immediate: true,
    }),
    text('flock-wait2', 'FILE', 'wait for the lock of this file, after the log has been set up', {
      immediate: true,
    }),
    text('immediate-uid', 'USER', 'become this user at once', { immediate: true }),
    text('immediate-gid', 'GROUP', 'become this group at once', { immediate: true }),
    flag('master-as-root', 'let the master stay root'),
    list('binsh', 'PATH', 'the shell that runs commands'),
  ]),
  withoutEffect(
    'there are no plugins: root is given up once sockets are bound, before the application',
    () => [flag('drop-after-init', 'give up root once plugins are ready')],
  ),
  harmful(
    'an application is loaded whenever a worker or a thread starts, so the master would have to stay root for ever; ' +
      'root is given up before the application is loaded, and what needs root belongs into hook-as-root',
    () => [flag('drop-after-apps', 'give up root once the application has been loaded')],
  ),
  withoutEffect('nothing is embedded in the binary', () => [
    text('binary-path', 'PATH', 'where the binary is'),
  ]),
]);

export const isolationOptions = defineOptions('isolation', [
  notYetAll(() => [
    text('chroot', 'DIR', 'make this the root of the file system'),
    text('pivot-root', 'NEW OLD', 'exchange the root of the file system', { aliases: ['pivot_root'] }),
    text('cap', 'NAMES', 'capabilities to keep'),
    text('unshare', 'NAMES', "leave the parent's namespaces"),
    text('unshare2', 'NAMES', "leave the parent's namespaces later in the start"),
    text('setns', 'PATH', 'join these namespaces'),
    text('setns-socket', 'ADDRESS', "hand this process's namespaces out here", { impliesMaster: true }),
    list('setns-socket-skip', 'NAME', 'leave this namespace out', { aliases: ['setns-skip'] }),
    flag('setns-preopen', 'open the namespaces of /proc/self/ns early'),
    text('namespace', 'DIR', 'run in new namespaces with this root', { aliases: ['ns'] }),
    list('namespace-keep-mount', 'PATH', 'keep this mount point there'),
    text('namespace-net', 'NAME', 'run in a new network namespace', { aliases: ['ns-net'] }),
    list('cgroup', 'DIR', 'put the processes into this control group'),
    list('cgroup-opt', 'NAME=VALUE', 'set an option of the control group'),
    text('cgroup-dir-mode', 'MODE', "permissions of the control group's folder"),
    text('privileged-binary-patch', 'PATH', 'become this program before root is given up'),
    text('unprivileged-binary-patch', 'PATH', 'become this program after root has been given up'),
    text(
      'privileged-binary-patch-arg',
      'COMMAND',
      'become this program, with arguments, before root is given up',
    ),
    text(
      'unprivileged-binary-patch-arg',
      'COMMAND',
      'become this program, with arguments, after root has been given up',
    ),
  ]),
  harmful(
    'V8 reserves far more address space than it uses, so every worker would be over any sensible limit at once',
    () => [megabytes('limit-as', 'MB', 'bound the address space of each process')],
  ),
  harmful(
    'a Node.js process has about ten threads before the application starts any, and the kernel counts each of them',
    () => [int('limit-nproc', 'N', 'bound the number of processes of the user')],
  ),
  harmful('it would lock all memory that V8 reserves, and a start with little free memory would fail', () => [
    flag('never-swap', 'keep all memory from being swapped'),
  ]),
  withoutEffect('pages of V8 are almost never the same in two workers', () => [
    int('ksm', 'N', 'let the kernel merge equal pages', { argument: 'optional' }),
  ]),
  withoutEffect('jails belong to FreeBSD', () => [
    text('jail', 'DIR', 'run in a jail'),
    list('jail-ip4', 'ADDRESS', 'IPv4 address of the jail'),
    list('jail-ip6', 'ADDRESS', 'IPv6 address of the jail'),
    list('jail2', 'NAME=VALUE', 'make a jail with these options', { aliases: ['libjail'] }),
    text('jail-attach', 'NAME', 'join a jail'),
    flag('jailed', 'the process is in a jail already'),
    text('jidfile', 'FILE', "write the jail's number here", { aliases: ['jid-file'] }),
  ]),
]);

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

const hookPhases: Record<string, string> & typeof phases = {
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

/** An action of a phase. One that is not there may be of uWSGI: it is told, and the start goes on. */
const hook =
  (phase: HookPhase): Apply =>
  (draft, at) => {
    const value = readText(draft, at);
    if (value === null) return;
    const parsed = parseHook(value);
    if (parsed === null) draft.warn(at, problems.invalidHook(value, Object.keys(hookActions)));
    else draft.settings.hooks.push({ phase, ...parsed, origin: at.origin });
  };

const command =
  (phase: HookPhase): Apply =>
  (draft, at) => {
    const argument = readText(draft, at);
    if (argument === null) return;
    draft.settings.hooks.push({ phase, action: 'exec', argument, origin: at.origin });
  };

const allHookPhases = { ...hookPhases, 'master-start': 'when the master is up' };
const isThere = (phase: string) => phasesThatAreThere.some((each) => each === phase);

export const hookOptions = defineOptions('hooks', [
  ...phasesThatAreThere.map((phase) => ({
    name: `hook-${phase}`,
    type: 'list' as const,
    metavar: 'ACTION',
    help: `do this ${allHookPhases[phase]}`,
    apply: hook(phase),
  })),
  ...phasesThatAreThere
    .filter((phase) => phase !== 'master-start')
    .map((phase) => ({
      name: `exec-${phase}`,
      type: 'list' as const,
      metavar: 'COMMAND',
      help: `run this ${allHookPhases[phase]}`,
      apply: command(phase),
    })),
  notYetAll(() => [
    ...rows(
      'hook',
      'ACTION',
      'do this',
      Object.entries(hookPhases).filter(([phase]) => !isThere(phase)),
    ),
    ...commands(
      'exec',
      'COMMAND',
      'run this',
      (Object.keys(phases) as Phase[]).filter((phase) => !isThere(phase)),
    ),
    ...commands('mount', 'OPTIONS', 'mount this', beforeApplication),
    ...commands('umount', 'OPTIONS', 'unmount this', beforeApplication),
    list('after-request-hook', 'FUNCTION', 'call this after each request', {
      aliases: ['after-request-call'],
    }),
  ]),
  withoutEffect('no C function of a plugin is linked in', () => [
    ...commands('call', 'FUNCTION', 'call this', Object.keys(phases) as Phase[]),
    list('call-as-vassal1', 'FUNCTION', `call this with the instance's name ${phases['as-vassal']}`),
    list('call-as-vassal3', 'FUNCTION', `call this with name, uid and gid ${phases['as-vassal']}`),
    list('call-as-emperor1', 'FUNCTION', `call this with the instance's name ${phases['as-emperor']}`),
    list('call-as-emperor2', 'FUNCTION', `call this with name and pid ${phases['as-emperor']}`),
    list('call-as-emperor4', 'FUNCTION', `call this with name, pid, uid and gid ${phases['as-emperor']}`),
  ]),
]);

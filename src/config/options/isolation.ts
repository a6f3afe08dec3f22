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

export const isolationOptions = defineOptions('isolation', [
  ...notYetAll([
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
  ...harmful(
    'V8 reserves far more address space than it uses, so every worker would be over any sensible limit at once',
    [megabytes('limit-as', 'MB', 'bound the address space of each process')],
  ),
  ...harmful(
    'a Node.js process has about ten threads before the application starts any, and the kernel counts each of them',
    [int('limit-nproc', 'N', 'bound the number of processes of the user')],
  ),
  ...harmful('it would lock all memory that V8 reserves, and a start with little free memory would fail', [
    flag('never-swap', 'keep all memory from being swapped'),
  ]),
  ...withoutEffect('pages of V8 are almost never the same in two workers', [
    int('ksm', 'N', 'let the kernel merge equal pages', { argument: 'optional' }),
  ]),
  ...withoutEffect('jails belong to FreeBSD', [
    text('jail', 'DIR', 'run in a jail'),
    list('jail-ip4', 'ADDRESS', 'IPv4 address of the jail'),
    list('jail-ip6', 'ADDRESS', 'IPv6 address of the jail'),
    list('jail2', 'NAME=VALUE', 'make a jail with these options', { aliases: ['libjail'] }),
    text('jail-attach', 'NAME', 'join a jail'),
    flag('jailed', 'the process is in a jail already'),
    text('jidfile', 'FILE', "write the jail's number here", { aliases: ['jid-file'] }),
  ]),
]);

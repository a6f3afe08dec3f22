import { intoText } from '../into.js';
import { defineOptions, flag, list, notYetAll, text, withoutEffect } from '../rows.js';

export const identityOptions = defineOptions('identity', [
  { name: 'uid', metavar: 'USER', help: 'run as this user, by name or number', ...intoText('uid') },
  { name: 'gid', metavar: 'GROUP', help: 'run as this group, by name or number', ...intoText('gid') },
  ...notYetAll([
    flag('auto-procname', 'give processes telling names'),
    text('procname-prefix', 'TEXT', "put this before the processes' names"),
    text('procname-prefix-spaced', 'TEXT', "put this and a blank before the processes' names"),
    text('procname-append', 'TEXT', "put this behind the processes' names"),
    text('procname', 'TEXT', "the processes' name"),
    text('procname-master', 'TEXT', "the master's name"),
    text('pidfile', 'FILE', "write the master's pid here before root is given up"),
    text('pidfile2', 'FILE', "write the master's pid here after root has been given up"),
    text(
      'safe-pidfile',
      'FILE',
      "write the master's pid here once the server is up, before root is given up",
    ),
    text('safe-pidfile2', 'FILE', "write the master's pid here once the server is up"),
    text('flock', 'FILE', 'refuse to start when this file is locked', { immediate: true }),
    text('flock-wait', 'FILE', 'wait for the lock of this file', { immediate: true }),
    text('flock2', 'FILE', 'refuse to start when this file is locked, after the log has been set up', {
      immediate: true,
    }),
    text('flock-wait2', 'FILE', 'wait for the lock of this file, after the log has been set up', {
      immediate: true,
    }),
    list('add-gid', 'GROUP', 'take on another group'),
    text('immediate-uid', 'USER', 'become this user at once', { immediate: true }),
    text('immediate-gid', 'GROUP', 'become this group at once', { immediate: true }),
    flag('no-initgroups', "do not take on the user's other groups"),
    flag('master-as-root', 'let the master stay root'),
    flag('drop-after-init', 'give up root once plugins are ready'),
    flag('drop-after-apps', 'give up root once the application has been loaded'),
    list('binsh', 'PATH', 'the shell that runs commands'),
  ]),
  ...withoutEffect('nothing is embedded in the binary', [text('binary-path', 'PATH', 'where the binary is')]),
]);

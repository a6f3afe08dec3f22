import { problems } from '../../errors/configuration.js';
import { intoInteger, intoList, readText } from '../into.js';
import { defineOptions, flag, list, notYetAll } from '../rows.js';

export const reloadOptions = defineOptions('reload', [
  {
    name: 'touch-reload',
    metavar: 'FILE',
    help: 'reload when this file is touched',
    impliesMaster: true,
    ...intoList('touchReload'),
  },
  {
    name: 'touch-workers-reload',
    metavar: 'FILE',
    help: 'reload the workers, but not the configuration, when this file is touched',
    impliesMaster: true,
    ...intoList('touchWorkersReload'),
  },
  {
    name: 'touch-chain-reload',
    metavar: 'FILE',
    help: 'reload one worker after the other when this file is touched',
    impliesMaster: true,
    ...intoList('touchChainReload'),
  },
  {
    name: 'touch-logrotate',
    metavar: 'FILE',
    help: 'give the log file another name, and begin a new one, when this file is touched',
    impliesMaster: true,
    ...intoList('touchLogrotate'),
  },
  {
    name: 'touch-logreopen',
    metavar: 'FILE',
    help: 'open the log files again when this file is touched',
    impliesMaster: true,
    ...intoList('touchLogreopen'),
  },
  {
    name: 'master-fifo',
    metavar: 'PATH',
    help: 'take one-letter commands from this fifo',
    impliesMaster: true,
    ...intoList('masterFifo'),
  },
  {
    name: 'touch-exec',
    metavar: 'FILE COMMAND',
    help: 'run a command when this file is touched',
    impliesMaster: true,
    type: 'list',
    apply: (draft, at) => {
      const value = readText(draft, at);
      if (value === null) return;
      const [, path = '', command = ''] = /^\s*(\S+)\s+(\S.*)$/s.exec(value) ?? [];
      if (command === '') draft.refuse(at, problems.invalidTouchExec(value));
      else draft.settings.touchExec.push({ path, command });
    },
  },
  {
    name: 'fs-reload',
    metavar: 'PATH',
    help: 'reload as soon as this file or an entry of this folder changes',
    impliesMaster: true,
    ...intoList('fsReload'),
  },
  {
    name: 'fs-brutal-reload',
    metavar: 'PATH',
    help: 'the same, without letting the old workers finish',
    impliesMaster: true,
    ...intoList('fsBrutalReload'),
  },
  {
    name: 'check-mountpoint',
    aliases: ['mountpoint-check', 'check-mount', 'mount-check'],
    metavar: 'PATH',
    help: 'stop at once when the file system of this folder has gone',
    impliesMaster: true,
    ...intoList('checkMountpoint'),
  },
  {
    name: 'check-interval',
    metavar: 'SECONDS',
    default: '1',
    help: 'how often the master looks at files that may be touched',
    impliesMaster: true,
    ...intoInteger('checkInterval', { min: 1, max: 86_400 }),
  },
  notYetAll(() => [
    list('touch-mules-reload', 'FILE', 'reload the mules when this file is touched', { impliesMaster: true }),
    list('touch-spoolers-reload', 'FILE', 'reload the spoolers when this file is touched', {
      impliesMaster: true,
    }),
    list('touch-signal', 'FILE N', 'raise a uwsgi signal when this file is touched', { impliesMaster: true }),
    flag('propagate-touch', 'pass touches on to sub-instances'),
    list('fs-signal', 'PATH N', 'raise a uwsgi signal when this file or folder changes', {
      impliesMaster: true,
    }),
    list('reload-on-fd', 'FD', 'reload when this descriptor is readable', { impliesMaster: true }),
    list('brutal-reload-on-fd', 'FD', 'reload without mercy when this descriptor is readable', {
      impliesMaster: true,
    }),
  ]),
]);

import { defineOptions, flag, int, list, notYetAll } from '../rows.js';

export const reloadOptions = defineOptions('reload', [
  ...notYetAll([
    list('touch-reload', 'FILE', 'reload when this file is touched', { impliesMaster: true }),
    list('touch-workers-reload', 'FILE', 'reload the workers when this file is touched', {
      impliesMaster: true,
    }),
    list('touch-mules-reload', 'FILE', 'reload the mules when this file is touched', { impliesMaster: true }),
    list('touch-spoolers-reload', 'FILE', 'reload the spoolers when this file is touched', {
      impliesMaster: true,
    }),
    list('touch-chain-reload', 'FILE', 'reload one worker after the other when this file is touched', {
      impliesMaster: true,
    }),
    list('touch-logrotate', 'FILE', 'rotate the log when this file is touched', { impliesMaster: true }),
    list('touch-logreopen', 'FILE', 'open the log again when this file is touched', { impliesMaster: true }),
    list('touch-exec', 'FILE COMMAND', 'run a command when this file is touched', { impliesMaster: true }),
    list('touch-signal', 'FILE N', 'raise a uwsgi signal when this file is touched', { impliesMaster: true }),
    flag('propagate-touch', 'pass touches on to sub-instances'),
    list('fs-reload', 'PATH', 'reload when this file or folder changes', { impliesMaster: true }),
    list('fs-brutal-reload', 'PATH', 'reload without mercy when this file or folder changes', {
      impliesMaster: true,
    }),
    list('fs-signal', 'PATH N', 'raise a uwsgi signal when this file or folder changes', {
      impliesMaster: true,
    }),
    list('check-mountpoint', 'PATH', 'stop when this file system is unmounted', {
      aliases: ['mountpoint-check', 'check-mount', 'mount-check'],
      impliesMaster: true,
    }),
    list('reload-on-fd', 'FD', 'reload when this descriptor is readable', { impliesMaster: true }),
    list('brutal-reload-on-fd', 'FD', 'reload without mercy when this descriptor is readable', {
      impliesMaster: true,
    }),
    int('check-interval', 'SECONDS', 'how often the master looks at all of this', { impliesMaster: true }),
    list('master-fifo', 'PATH', 'take one-letter commands from this fifo', { impliesMaster: true }),
  ]),
]);

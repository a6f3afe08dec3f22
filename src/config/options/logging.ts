import { defineOptions, intoBool, intoText } from '../option.js';

export const loggingOptions = defineOptions('logging', [
  { name: 'logto', metavar: 'FILE', help: 'write the log to this file', ...intoText('logto') },
  {
    name: 'logto2',
    metavar: 'FILE',
    help: 'write the log to this file, opened after uid and gid have been taken on',
    ...intoText('logto2'),
  },
  {
    name: 'disable-logging',
    short: 'L',
    help: 'write no line for each request',
    ...intoBool('disableLogging'),
  },
]);

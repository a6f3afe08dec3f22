import { defineOptions, notYet } from '../option.js';

export const emperorOptions = defineOptions('emperor', [
  {
    name: 'emperor',
    type: 'list',
    metavar: 'DIR',
    help: 'run an instance for every file in this directory',
    state: notYet,
  },
]);

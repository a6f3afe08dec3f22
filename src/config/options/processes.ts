import { defineOptions, intoBool, intoInteger, noEffect } from '../option.js';

export const processOptions = defineOptions('processes', [
  {
    name: 'master',
    short: 'M',
    help: 'say that a master process supervises the workers',
    ...intoBool('master'),
  },
  {
    name: 'processes',
    aliases: ['workers'],
    short: 'p',
    default: '1',
    help: 'worker processes',
    ...intoInteger('processes', { min: 1, max: 4096 }),
  },
  {
    name: 'threads',
    default: '1',
    help: 'JS threads in each worker, each with its own copy of the application',
    ...intoInteger('threads', { min: 1, max: 1024 }),
  },
  {
    name: 'enable-threads',
    short: 'T',
    type: 'bool',
    help: 'let the application start threads',
    state: noEffect('an application may always start worker_threads'),
  },
]);

import { defineOptions, noEffect } from '../option.js';

export const pythonOptions = defineOptions('python', [
  {
    name: 'home',
    aliases: ['virtualenv', 'venv', 'pyhome'],
    short: 'H',
    metavar: 'DIR',
    help: 'the Python virtual environment',
    state: noEffect('packages come from the node_modules folders above the application'),
  },
  {
    name: 'plugins',
    aliases: ['plugin', 'need-plugins', 'need-plugin'],
    type: 'list',
    metavar: 'NAMES',
    help: 'load plugins',
    state: noEffect('everything this server can do is built in'),
  },
]);

import { defineOptions } from '../option.js';

/** The loader acts on these itself, so none has an `apply`. */
export const configurationOptions = defineOptions('configuration', [
  {
    name: 'ini',
    type: 'list',
    metavar: 'FILE[:SECTION]',
    help: 'read this ini file; `-` is standard input, `:SECTION` another section of the last file',
  },
  { name: 'strict', type: 'bool', help: 'refuse a configuration with unknown options' },
  {
    name: 'set-placeholder',
    aliases: ['set-ph'],
    type: 'list',
    metavar: 'NAME=VALUE',
    help: 'define a placeholder for %(NAME)',
  },
  {
    name: 'set',
    short: 'S',
    type: 'list',
    metavar: 'NAME=VALUE',
    help: 'define a placeholder, or set an option as if it stood here',
  },
  { name: 'check', type: 'bool', help: 'read and judge the configuration, then exit without starting' },
  { name: 'show-config', type: 'bool', help: 'print the configuration as an ini file, then exit' },
  { name: 'dump-options', type: 'bool', help: 'list the names of all options, then exit' },
  {
    name: 'help',
    aliases: ['usage'],
    short: 'h',
    argument: 'optional',
    type: 'bool',
    metavar: 'GROUP|OPTION',
    help: 'explain all options, those of a group, or one',
  },
  { name: 'version', type: 'bool', help: 'print the version' },
]);

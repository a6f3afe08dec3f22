import { defineOptions, noEffect, notYet, type OptionRow } from '../rows.js';

/** An option that the loader acts on the moment it comes (directives.ts). */
const directive = (
  name: string,
  metavar: string,
  help: string,
  more: Partial<OptionRow> = {},
): OptionRow => ({
  name,
  metavar,
  help,
  type: 'list',
  immediate: true,
  ...more,
});

/** An option whose mere presence counts. */
const flag = (name: string, help: string, more: Partial<OptionRow> = {}): OptionRow => ({
  name,
  help,
  type: 'bool',
  ...more,
});

const blockEnd = { argument: 'optional', metavar: '', type: 'bool', immediate: true } as const;

/** The loader acts on these itself, so none has an `apply`. */
export const configurationOptions = defineOptions('configuration', [
  directive(
    'ini',
    'FILE[:SECTION]',
    'read this ini file; - is standard input, :SECTION another part of the last file',
  ),
  directive('yaml', 'FILE[:SECTION]', 'read this YAML file', { aliases: ['yml'], short: 'y' }),
  directive('json', 'FILE[:SECTION]', 'read this JSON file', { aliases: ['js'], short: 'j' }),
  directive('xml', 'FILE[:ID]', 'read this XML file', { aliases: ['xmlconfig'], short: 'x' }),
  directive('config', 'FILE', 'read this file, in the format that its ending says'),
  directive('include', 'FILE', 'read this file here, in the format that its ending says'),
  {
    name: 'inherit',
    metavar: 'FILE',
    type: 'list',
    help: 'read this file after everything else; no placeholder in it is replaced',
  },
  directive('inject-before', 'FILE', 'put the text of this file before that of every file read from here on'),
  directive('inject-after', 'FILE', 'put the text of this file after that of every file read from here on'),
  directive('fallback-config', 'FILE', 'start again with this file when the start fails', {
    type: 'string',
    state: notYet,
  }),
  flag('strict', 'refuse a configuration with unknown options', { immediate: true }),
  directive('set-placeholder', 'NAME=VALUE', 'define a placeholder for %(NAME)', { aliases: ['set-ph'] }),
  directive('set', 'NAME=VALUE', 'define a placeholder, or set an option as if it stood here', {
    short: 'S',
  }),
  directive('resolve', 'NAME=HOST', 'define a placeholder with the IPv4 address of a host'),
  directive('declare-option', 'NAME=TEMPLATE', 'make an option of others: name=key=$1;other=$2'),
  {
    name: 'declare-option2',
    metavar: 'NAME=TEMPLATE',
    type: 'list',
    help: 'the same as declare-option, after placeholders have been replaced',
    state: notYet,
  },
  directive('for', 'WORDS', 'repeat each line up to endfor for every word, which is %(_) there'),
  directive('for-glob', 'PATTERN', 'repeat each line up to endfor for every path that matches'),
  directive('for-times', 'N', 'repeat each line up to endfor for the numbers 1 to N'),
  directive('for-readline', 'FILE', 'repeat each line up to endfor for every line of a file'),
  { name: 'endfor', aliases: ['end-for'], help: 'end a for', ...blockEnd },
  directive('if-env', 'NAME[=VALUE]', 'keep the lines up to endif if the environment has this', {
    aliases: ['ifenv'],
  }),
  directive('if-not-env', 'NAME[=VALUE]', 'keep the lines up to endif if the environment does not have this'),
  directive('if-opt', 'NAME[=VALUE]', 'keep the lines up to endif if this option has been given'),
  directive('if-not-opt', 'NAME[=VALUE]', 'keep the lines up to endif if this option has not been given'),
  directive('if-exists', 'PATH', 'keep the lines up to endif if this can be read', { aliases: ['ifexists'] }),
  directive('if-not-exists', 'PATH', 'keep the lines up to endif if this cannot be read'),
  directive('if-file', 'PATH', 'keep the lines up to endif if this is a file'),
  directive('if-not-file', 'PATH', 'keep the lines up to endif if this is no file'),
  directive('if-dir', 'PATH', 'keep the lines up to endif if this is a folder', {
    aliases: ['ifdir', 'if-directory'],
  }),
  directive('if-not-dir', 'PATH', 'keep the lines up to endif if this is no folder'),
  directive('if-plugin', 'NAME', 'keep the lines up to endif if a plugins line has named this', {
    aliases: ['ifplugin'],
  }),
  directive('if-not-plugin', 'NAME', 'keep the lines up to endif if no plugins line has named this'),
  directive('if-hostname', 'NAME', 'keep the lines up to endif on this host'),
  directive('if-not-hostname', 'NAME', 'keep the lines up to endif on other hosts'),
  directive('if-hostname-match', 'REGEXP', 'keep the lines up to endif on hosts whose name matches'),
  directive(
    'if-not-hostname-match',
    'REGEXP',
    'keep the lines up to endif on hosts whose name does not match',
  ),
  flag('if-reload', 'keep the lines up to endif when the server reloads', { immediate: true }),
  flag('if-not-reload', 'keep the lines up to endif when the server does not reload', { immediate: true }),
  { name: 'endif', aliases: ['end-if'], help: 'end an if', ...blockEnd },
  directive('blacklist', 'NAMES', 'forbid these options up to end-blacklist', { type: 'string' }),
  flag('end-blacklist', 'allow all options again', { immediate: true }),
  directive(
    'whitelist',
    'NAMES',
    'forbid all options but these up to end-whitelist, which must be one of them',
    { type: 'string' },
  ),
  flag('end-whitelist', 'allow all options again', { immediate: true }),
  { name: 'print', metavar: 'TEXT', type: 'list', help: 'print this when the configuration has been read' },
  directive('iprint', 'TEXT', 'print this at once'),
  {
    name: 'get',
    metavar: 'NAME',
    type: 'list',
    help: 'print the value of an option or placeholder, then exit',
  },
  {
    name: 'exit',
    argument: 'optional',
    metavar: 'CODE',
    help: 'exit at once, with code 1 or this one',
    immediate: true,
  },
  flag('check', 'read and judge the configuration, then exit without starting'),
  flag('show-config', 'print the configuration as an ini file, then exit'),
  flag('dump-options', 'list the names of all options, then exit'),
  {
    name: 'help',
    aliases: ['usage'],
    short: 'h',
    argument: 'optional',
    type: 'bool',
    metavar: 'GROUP|OPTION',
    help: 'explain all options, those of a group, or one',
    immediate: true,
  },
  flag('version', 'print the version, then exit'),
  { name: 'mode', metavar: 'NAME', help: 'the name of a mode that XML options can ask for', state: notYet },
  flag('autoload', 'look for a plugin that knows an unknown option', {
    immediate: true,
    state: noEffect('everything this server can do is built in'),
  }),
]);

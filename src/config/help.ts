/**
 * `--help`: all options by group, one group, or one option.
 */
import { type GroupName, groups, type Option } from './option.js';
import { allOptions, findOption, nearestOption } from './options.js';

const WIDTH = 100;
/** Where the explanations begin; a longer name puts its own on the next line. */
const INDENT = 34;

/** The text of `--help`, `--help GROUP` or `--help OPTION`. */
export function explain(topic: string | null): string {
  // In a file or in the environment it is `help = true`.
  if (topic === null || ['', '1', 'true'].includes(topic)) return overview();
  const name = topic.replace(/^--?/, '');
  const option = findOption(name);
  const group = Object.hasOwn(groups, name) ? `${groupText(name as GroupName, () => true)}\n` : null;
  // Some names are both, such as http and stats.
  if (option) return [optionText(option), ...(group === null ? [] : [group])].join('\n');
  if (group !== null) return group;
  const nearest = nearestOption(name);
  return `there is no option and no group called ${name}${nearest ? `; did you mean ${nearest}?` : ''}\n${groupList()}`;
}

function overview(): string {
  const implemented = Object.keys(groups)
    .map((group) => groupText(group as GroupName, ({ state }) => state.kind === 'works'))
    .filter((text) => text !== '');
  return [
    'Usage: uwsgi-node [OPTION]... [CONFIGURATION.ini | APPLICATION.js]',
    '       uwsgi-node stats ADDRESS | top ADDRESS   what a server does (ADDRESS: its option stats)',
    '       uwsgi-node traceback PID                 where each of its threads is (PID: or its pidfile)',
    '       uwsgi-node profile PID [--seconds N] [--heap] [--worker N] [--core N]',
    '                                                a CPU profile or heap snapshot of a thread\n',
    'Every option may also stand in a configuration file (name = value) and in the environment (UWSGI_NAME=value).',
    'Any unambiguous beginning of a name will do.\n',
    `${implemented.join('\n\n')}\n`,
    'Options of uWSGI that are accepted without effect, or that are not there yet, are in --help GROUP.',
    groupList(),
  ].join('\n');
}

function groupList(): string {
  const names = Object.entries(groups).filter(([group]) =>
    allOptions().some((option) => option.group === group),
  );
  return `Groups:\n${names.map(([group, title]) => row(`  ${group}`, title)).join('\n')}\n`;
}

/** The title of a group and its options, or nothing when none passes. */
function groupText(group: GroupName, passes: (option: Option) => boolean): string {
  const members = allOptions().filter((option) => option.group === group && passes(option));
  if (members.length === 0) return '';
  return [
    `${groups[group]} (${group})`,
    ...members.map((option) => row(signature(option), summary(option))),
  ].join('\n');
}

/** `  -p, --processes N, --workers N` */
function signature(option: Option): string {
  const short = option.short === null ? '    ' : `-${option.short}, `;
  const value = option.argument === 'optional' ? `[=${option.metavar}]` : ` ${option.metavar}`;
  return `  ${short}--${option.name}${option.metavar === '' ? '' : value}`;
}

function summary({ help, default: initial, state }: Option): string {
  const suffix = initial === null ? '' : ` [${initial}]`;
  if (state.kind === 'not-yet') return `(not yet) ${help}${suffix}`;
  return `${state.kind === 'works' ? '' : '(ignored) '}${help}${suffix}`;
}

function optionText(option: Option): string {
  const { aliases, state, default: initial, metavar } = option;
  const lines = [signature(option).trim(), ...wrap(`${option.help}.`, 2)];
  if (aliases.length > 0) lines.push(`  Also called: ${aliases.map((name) => `--${name}`).join(', ')}`);
  if (initial !== null) lines.push(`  Default: ${initial}`);
  if (option.type === 'list') lines.push('  May be given several times.');
  lines.push(`  In a file: ${option.name} = ${metavar || 'true'}`, ...wrap(stateText(state), 2), '');
  return lines.join('\n');
}

function stateText(state: Option['state']): string {
  switch (state.kind) {
    case 'works':
      return '';
    case 'not-yet':
      return 'Not there yet: it is known, warned about and ignored.';
    case 'no-effect':
      return `Accepted without effect: ${state.because}.`;
    case 'dangerous':
      return `Ignored with a warning: ${state.because}.`;
  }
}

/** Two columns: a name and its explanation. */
function row(name: string, text: string): string {
  const [first = '', ...rest] = wrap(text, INDENT);
  if (name.length > INDENT - 2) return [name, first, ...rest].join('\n');
  return [name.padEnd(INDENT) + first.trimStart(), ...rest].join('\n');
}

/** Breaks at blanks so that no line passes WIDTH, each indented. */
function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter(Boolean)) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines.map((each) => ' '.repeat(indent) + each);
}

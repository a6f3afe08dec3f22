/**
 * What is generated from the option table: docs/options.md and the JSON schema that gives editors completion.
 */
import { type GroupName, groups, type Option, type State, type ValueType } from './option.js';
import { allOptions } from './options.js';

const introduction = `# Options

<!-- Generated from src/config/options by: npx vitest run test/unit/config/reference.test.ts -u -->

Every option of uWSGI 2.0 is known, and says here what becomes of it:

* **works**: it does what it says.
* **no effect**: it is accepted without a word, because there is nothing here that it could change.
* **not yet**: it is accepted with a warning, and not done.
* **dangerous**: it is accepted with a warning, and not done, because doing it would hurt.

The same names work on the command line (\`--name value\`), in files (\`name = value\`) and in the environment
(\`UWSGI_NAME=value\`, with \`_\` for \`-\`). [Configuration](configuration.md) explains how they are read;
[From uWSGI](from-uwsgi.md) says what is different. \`uwsgi-node --help NAME\` prints a row of this page.

*Early* marks options that act while the configuration is read: no placeholder in their value is replaced. *Master* marks
options that switch \`master\` on.
`;

/** The whole of docs/options.md. */
export function renderOptionsPage(): string {
  const sections = Object.keys(groups).map((group) => renderGroup(group as GroupName));
  return `${[introduction, renderCounts(), ...sections].map((part) => part.trim()).join('\n\n')}\n`;
}

function renderCounts(): string {
  const count = (kind: State['kind']) => allOptions().filter(({ state }) => state.kind === kind).length;
  const names = allOptions().reduce((sum, { aliases }) => sum + 1 + aliases.length, 0);
  return (
    `There are ${allOptions().length} options under ${names} names: ${count('works')} work, ${count('no-effect')} have no ` +
    `effect, ${count('not-yet')} are not there yet, ${count('dangerous')} are dangerous.`
  );
}

function renderGroup(group: GroupName): string {
  const members = allOptions().filter((option) => option.group === group);
  const head = [
    '',
    `## ${groups[group]} (\`${group}\`)`,
    '',
    '| option | value | what it does | here |',
    '|---|---|---|---|',
  ];
  return [...head, ...members.map(renderRow)].join('\n');
}

function renderRow(option: Option): string {
  const names = [option.name, ...option.aliases].map((name) => `\`${name}\``);
  if (option.short !== null) names.push(`\`-${option.short}\``);
  const marks = [option.immediate ? 'early' : '', option.impliesMaster ? 'master' : ''].filter(Boolean);
  const what = [option.help, option.default === null ? '' : `Default: ${option.default}.`]
    .filter(Boolean)
    .join('. ');
  const cells = [
    names.join(' '),
    renderValue(option),
    `${what}${marks.map((mark) => ` *${mark}*`).join('')}`,
    renderState(option),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function renderValue({ metavar, argument, type }: Option): string {
  if (metavar === '') return '';
  const value = argument === 'optional' ? `[${metavar}]` : metavar;
  return type === 'list' ? `${value} …` : value;
}

function renderState({ state }: Option): string {
  switch (state.kind) {
    case 'works':
      return 'works';
    case 'not-yet':
      return 'not yet';
    case 'no-effect':
      return `no effect: ${state.because}`;
    case 'dangerous':
      return `dangerous: ${state.because}`;
  }
}

/** A JSON schema (draft 7) for the YAML and JSON forms of a configuration; a line for each name. */
export function renderSchema(): string {
  const properties = allOptions().flatMap((option) =>
    [option.name, ...option.aliases].map(
      (name) => `        ${JSON.stringify(name)}: ${JSON.stringify(renderProperty(option, name))}`,
    ),
  );
  return `{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "uwsgi-node configuration",
  "type": "object",
  "properties": {
    "uwsgi": {
      "type": "object",
      "description": "The options of one instance. Other names are variables, for %(name).",
      "additionalProperties": ${JSON.stringify(repeatable(['string', 'number', 'boolean', 'null']))},
      "properties": {
${properties.join(',\n')}
      }
    }
  }
}
`;
}

/** A value may always be text, for a placeholder may stand in it. */
const valueTypes: Record<ValueType, string[]> = {
  bool: ['boolean', 'string', 'integer'],
  int: ['integer', 'string'],
  megabytes: ['integer', 'string'],
  string: ['string', 'number'],
  list: ['string', 'number'],
};

function renderProperty(option: Option, name: string): object {
  const { type, help, state, default: initial } = option;
  const alias = name === option.name ? '' : ` The same as ${option.name}.`;
  const here = state.kind === 'works' ? '' : ` Here: ${renderState(option)}.`;
  const standard = initial === null ? '' : ` Default: ${initial}.`;
  return {
    description: `${help}.${standard}${alias}${here}`,
    ...(type === 'list' ? repeatable(valueTypes.list) : { type: valueTypes[type] }),
    // Editors strike these out and leave them out of their proposals.
    ...(state.kind === 'no-effect' || state.kind === 'dangerous'
      ? { deprecated: true, doNotSuggest: true }
      : {}),
  };
}

const repeatable = (type: readonly string[]) => ({ anyOf: [{ type }, { type: 'array', items: { type } }] });

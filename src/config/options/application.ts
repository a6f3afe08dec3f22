import { problems } from '../../errors/configuration.js';
import { readEnvironmentFolder } from '../envdir.js';
import { intoBool, intoText, readText } from '../into.js';
import type { Apply, Draft, Occurrence } from '../option.js';
import { defineOptions, flag, harmful, int, noEffect, notYetAll, text, withoutEffect } from '../rows.js';
import type { AppInterface } from '../settings.js';
import { Unreadable } from '../sources.js';

/** `module` and `wsgi-file` name the same thing in two ways; the last of one kind wins, two kinds are a mistake. */
const application =
  (kind: 'module' | 'file'): Apply =>
  (draft, at) => {
    const value = readText(draft, at);
    const { app } = draft.settings;
    const other = kind === 'module' ? app.file : app.module;
    if (value === null) return;
    if (other !== null) draft.refuse(at, problems.twoApplications(other));
    else app[kind] = value;
  };

function environmentFolder(draft: Draft, at: Occurrence): void {
  const folder = readText(draft, at);
  if (folder === null) return;
  try {
    Object.assign(draft.settings.environment, Object.fromEntries(readEnvironmentFolder(folder, draft.cwd)));
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    draft.refuse(at, error.problem);
  }
}

/** `/path=application`; without a path, the application of the root. */
function mount(draft: Draft, at: Occurrence): void {
  const value = readText(draft, at);
  const [, path, target] = /^(?:(\/[^=]*)=)?([^=|]+)$/.exec(value ?? '') ?? [];
  if (target !== undefined) draft.mounts.push({ path: (path ?? '').replace(/\/+$/, ''), target });
  else if (value !== null) draft.refuse(at, problems.invalidMount(value));
}

const interfaces: readonly AppInterface[] = ['wsgi', 'node', 'fetch'];

function appInterface(draft: Draft, at: Occurrence): void {
  const value = readText(draft, at);
  const found = interfaces.find((each) => each === value);
  if (found) draft.settings.app.interface = found;
  else if (value !== null) draft.refuse(at, problems.invalidChoice(value, interfaces));
}

export const applicationOptions = defineOptions('application', [
  {
    name: 'module',
    aliases: ['wsgi'],
    short: 'w',
    metavar: 'MODULE[:NAME]',
    help: 'the application: a module under the working directory or a package, and the name of its export',
    apply: application('module'),
  },
  {
    name: 'wsgi-file',
    aliases: ['file'],
    metavar: 'FILE',
    help: 'the application, by the path of its file',
    apply: application('file'),
  },
  {
    name: 'callable',
    metavar: 'NAME',
    default: 'application',
    help: 'the name of the export that is the application',
    apply: (draft, at) => {
      const value = readText(draft, at);
      if (value !== null) draft.settings.app.callable = value;
    },
  },
  {
    name: 'app-interface',
    metavar: 'wsgi|node|fetch',
    help: 'what the application is, where it cannot be told by looking at it',
    apply: appInterface,
  },
  {
    name: 'mount',
    type: 'list',
    metavar: '/PATH=APP',
    help: 'serve another application below a path',
    apply: mount,
  },
  {
    name: 'worker-mount',
    type: 'list',
    metavar: '/PATH=APP',
    help: 'the same as mount: each worker loads every application itself',
    apply: mount,
  },
  {
    name: 'ignore-script-name',
    help: 'serve the main application whatever SCRIPT_NAME says',
    ...intoBool('ignoreScriptName'),
  },
  {
    name: 'no-default-app',
    help: 'answer 500 where no application is mounted, not with the first one',
    ...intoBool('noDefaultApp'),
  },
  {
    name: 'manage-script-name',
    help: 'move the path of a mounted application from PATH_INFO to SCRIPT_NAME',
    ...intoBool('manageScriptName'),
  },
  {
    name: 'need-app',
    argument: 'optional',
    default: 'true',
    help: 'refuse to start without an application',
    ...intoBool('needApp'),
  },
  {
    name: 'chdir',
    metavar: 'DIR',
    help: 'change to this directory before the application is loaded',
    ...intoText('chdir'),
  },
  {
    name: 'force-cwd',
    metavar: 'DIR',
    help: 'reload as if the server had been started in this directory',
    ...intoText('forceCwd'),
  },
  {
    name: 'lazy-apps',
    type: 'bool',
    help: 'load the application in each worker',
    state: noEffect(
      'JavaScript modules cannot be shared by a fork, so every worker always loads the application itself',
    ),
  },
  {
    name: 'lazy',
    type: 'bool',
    help: 'load the application in each worker, and reload only the workers',
    state: noEffect('every worker always loads the application itself'),
  },
  {
    name: 'single-interpreter',
    short: 'i',
    type: 'bool',
    help: 'do not make an interpreter for each application',
    state: noEffect('a JS thread holds one application'),
  },
  {
    name: 'env',
    type: 'list',
    metavar: 'NAME=VALUE',
    help: 'set an environment variable',
    apply: (draft, at) => {
      const value = readText(draft, at);
      if (value === null) return;
      const equals = value.indexOf('=');
      if (equals < 1) draft.refuse(at, problems.invalidVariable(value));
      else draft.settings.environment[value.slice(0, equals)] = value.slice(equals + 1);
    },
  },
  {
    name: 'unenv',
    type: 'list',
    metavar: 'NAME',
    help: 'take an environment variable away',
    apply: (draft, at) => {
      const value = readText(draft, at);
      if (value !== null) draft.settings.environment[value] = null;
    },
  },
  {
    name: 'envdir',
    type: 'list',
    metavar: 'DIR',
    help: 'set the environment variables that the files in this folder hold',
    apply: environmentFolder,
  },
  {
    name: 'early-envdir',
    type: 'list',
    metavar: 'DIR',
    immediate: true,
    help: 'the same as envdir, for $(NAME) and if-env too',
    apply: environmentFolder,
  },
  notYetAll(() => [
    flag('vhost', 'find applications by host name'),
    flag('vhost-host', 'find applications by the Host header'),
    flag('cgi-mode', 'answer with a Status header in place of an HTTP line', { short: 'c' }),
    flag('honour-stdin', 'leave standard input as it is'),
  ]),
  harmful(
    'the threads of a process share one directory, and an application is loaded again whenever one of them is replaced: its ' +
      'relative paths would mean another folder then; use chdir',
    () => [text('chdir2', 'DIR', 'change to this directory after the application has been loaded')],
  ),
  withoutEffect('a worker holds one application', () => [
    int('max-apps', 'N', 'applications a worker may hold'),
  ]),
  withoutEffect('code in a configuration is not evaluated; put it into a module', () => [
    text('eval', 'CODE', 'run this code as the application'),
  ]),
]);

import { problems } from '../../errors.js';
import { type Apply, defineOptions, intoBool, intoText, noEffect, readText } from '../option.js';

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
]);

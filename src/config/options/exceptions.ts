/** What follows errors of the application. */
import { problems } from '../../errors/configuration.js';
import { intoBool, readText } from '../into.js';
import type { Apply } from '../option.js';
import { defineOptions } from '../rows.js';
import type { Settings, UncaughtErrors } from '../settings.js';
import { parseBool } from '../values.js';

const policies: readonly UncaughtErrors[] = ['recycle', 'continue'];

const uncaughtErrors: Apply = (draft, at) => {
  const value = readText(draft, at);
  const found = policies.find((each) => each === value);
  if (found) draft.settings.uncaughtErrors = found;
  else if (value !== null) draft.refuse(at, problems.invalidChoice(value, policies));
};

const reloadAfter =
  (field: Exclude<keyof Settings['reloadOnException'], 'always'>): Apply =>
  (draft, at) => {
    const value = readText(draft, at);
    const { reloadOnException } = draft.settings;
    if (value !== null) reloadOnException[field] = [...reloadOnException[field], value];
  };

export const exceptionOptions = [
  defineOptions('application', [
    {
      name: 'catch-exceptions',
      help: "send an application's error and its stack to the client: for development",
      ...intoBool('catchExceptions'),
    },
    {
      name: 'uncaught-errors',
      metavar: 'recycle|continue',
      default: 'recycle',
      help: 'what an uncaught exception or unhandled rejection ends: the thread, which is replaced, or its request alone',
      apply: uncaughtErrors,
    },
  ]),
  defineOptions('lifecycle', [
    {
      name: 'reload-on-exception',
      type: 'bool',
      help: 'replace a worker, gracefully, after an error of the application',
      apply: (draft, at) => {
        draft.settings.reloadOnException.always = parseBool(at.value);
      },
    },
    {
      name: 'reload-on-exception-type',
      type: 'list',
      metavar: 'NAME',
      help: 'the same, after an error of this class',
      apply: reloadAfter('types'),
    },
    {
      name: 'reload-on-exception-value',
      type: 'list',
      metavar: 'TEXT',
      help: 'the same, after an error with this message',
      apply: reloadAfter('values'),
    },
    {
      name: 'reload-on-exception-repr',
      type: 'list',
      metavar: 'TEXT',
      help: 'the same, after an error of this class and message: TypeError: x is not a function',
      apply: reloadAfter('reprs'),
    },
  ]),
];

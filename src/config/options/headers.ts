import { problems } from '../../errors/configuration.js';
import { isHeaderName, isOfConnection, parseHeaderLine } from '../header-line.js';
import { addReadableFile, readText } from '../into.js';
import type { Draft, Occurrence } from '../option.js';
import { defineOptions, list, notYetAll, withoutEffect } from '../rows.js';

/** Bytes of all added headers: as much as an application's own may be (native/binding/engine_methods.cc). */
const MOST_ADDED = 60_000;

const sizeOf = (headers: readonly (readonly [name: string, value: string])[]) =>
  Buffer.byteLength(headers.map(([name, value]) => `${name}: ${value}\r\n`).join(''));

function addHeader(draft: Draft, at: Occurrence): void {
  const value = readText(draft, at);
  if (value === null) return;
  const header = parseHeaderLine(value);
  if (header === null) draft.refuse(at, problems.invalidHeader(value));
  else if (sizeOf([...draft.settings.addHeader, header]) > MOST_ADDED)
    draft.refuse(at, problems.addedHeadersTooLarge(MOST_ADDED));
  // `Connection: Keep-Alive` is in many a recipe for uWSGI's own HTTP.
  else if (isOfConnection(header[0])) draft.warn(at, problems.headerOfConnection(header[0]));
  else draft.settings.addHeader.push(header);
}

function remHeader(draft: Draft, at: Occurrence): void {
  const name = readText(draft, at);
  if (name === null) return;
  if (isHeaderName(name)) draft.settings.remHeader.push(name);
  else draft.refuse(at, problems.invalidHeaderName(name));
}

export const headersOptions = defineOptions('headers', [
  {
    name: 'add-header',
    type: 'list',
    metavar: 'NAME: VALUE',
    help: 'add a header to every response',
    apply: addHeader,
  },
  {
    name: 'rem-header',
    aliases: ['del-header'],
    type: 'list',
    metavar: 'NAME',
    help: 'take a header out of every response; what add-header adds stays',
    apply: remHeader,
  },
  notYetAll(() => [
    list('collect-header', 'NAME VAR', 'keep a response header in a variable', {
      aliases: ['response-header-collect'],
    }),
    list('pull-header', 'NAME VAR', 'keep a response header in a variable and take it out'),
  ]),
  {
    name: 'error-page-500',
    metavar: 'FILE',
    help: 'what clients get where the application failed, or is not there; the first file that can be read',
    ...addReadableFile(({ errorPage500 }) => errorPage500),
  },
  withoutEffect('the server itself answers nothing with this status', () => [
    list('error-page-403', 'FILE', 'page for 403'),
    list('error-page-404', 'FILE', 'page for 404'),
  ]),
]);

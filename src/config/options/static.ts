import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { problems } from '../../errors/configuration.js';
import { addReadableFile, readText } from '../into.js';
import type { Apply, Draft, Occurrence } from '../option.js';
import { defineOptions, flag, int, notYetAll, type OptionRow, text, withoutEffect } from '../rows.js';
import type { ExpiresSubject, StaticSettings } from '../static-settings.js';
import { parseBool, parseInteger } from '../values.js';

type Lists = Pick<StaticSettings, 'check' | 'index' | 'skipExt' | 'safe'>;
type Applied = Pick<OptionRow, 'type' | 'apply'>;

const add =
  (take: (files: StaticSettings, value: string, draft: Draft) => void): Apply =>
  (draft, at) => {
    const value = readText(draft, at);
    if (value !== null) take(draft.settings.staticFiles, value, draft);
  };

const intoTexts = (field: keyof Lists): Applied => ({
  type: 'list',
  apply: add((files, value) => files[field].push(value)),
});

const intoFolders = (field: keyof Lists): Applied => ({
  type: 'list',
  apply: (draft, at) => {
    const value = readText(draft, at);
    if (value !== null) draft.settings.staticFiles[field].push(findFolder(draft, at, value));
  },
});

/** Its absolute path. It may be made later, so that it is not there is no reason not to start. */
function findFolder(draft: Draft, at: Occurrence, dir: string): string {
  const path = resolve(draft.cwd, dir);
  if (!existsSync(path)) draft.warn(at, problems.missingFolder(path));
  return path;
}

const intoMaps = (field: 'maps' | 'wholeMaps'): Applied => ({
  type: 'list',
  apply: (draft, at) => {
    const value = readText(draft, at);
    const [, path, dir] = /^(\/[^=]*)=(.+)$/s.exec(value ?? '') ?? [];
    if (path !== undefined && dir !== undefined) {
      const map = { path: path.replace(/\/+$/, ''), dir: findFolder(draft, at, dir) };
      draft.settings.staticFiles[field].push(map);
    } else if (value !== null) draft.refuse(at, problems.invalidStaticMap(value));
  },
});

/** `TYPE=SECONDS`, or `REGEXP SECONDS`. */
const expires =
  (of: ExpiresSubject, fromChange: boolean): Apply =>
  (draft, at) => {
    const value = readText(draft, at);
    if (value === null) return;
    const form = of === 'type' ? /^([^=]+)=(.*)$/s : /^(.*\S)\s+(\S+)\s*$/s;
    const [, pattern, time] = form.exec(value) ?? [];
    const seconds = parseInteger(time ?? '');
    if (pattern === undefined || seconds === null || seconds < 0) {
      draft.refuse(at, problems.invalidExpires(value, of === 'type' ? 'TYPE=SECONDS' : 'REGEXP SECONDS'));
    } else if (of === 'type' || isPattern(draft, at, pattern)) {
      draft.settings.staticFiles.expires.push({ of, pattern, seconds, fromChange });
    }
  };

function isPattern(draft: Draft, at: Occurrence, pattern: string): boolean {
  try {
    new RegExp(pattern);
    return true;
  } catch (error) {
    draft.refuse(at, problems.invalidPattern(pattern, (error as Error).message));
    return false;
  }
}

function gzipPattern(draft: Draft, at: Occurrence): void {
  const pattern = readText(draft, at);
  if (pattern !== null && isPattern(draft, at, pattern))
    draft.settings.staticFiles.gzip.patterns.push(pattern);
}

const serveModes: Record<string, StaticSettings['serveMode']> = {
  'x-sendfile': 'X-Sendfile',
  xsendfile: 'X-Sendfile',
  'x-accel-redirect': 'X-Accel-Redirect',
  xaccelredirect: 'X-Accel-Redirect',
  nginx: 'X-Accel-Redirect',
};

function serveMode(draft: Draft, at: Occurrence): void {
  const value = readText(draft, at);
  if (value === null) return;
  const mode = serveModes[value.toLowerCase()];
  if (mode !== undefined) draft.settings.staticFiles.serveMode = mode;
  else draft.refuse(at, problems.invalidChoice(value, ['x-accel-redirect', 'x-sendfile']));
}

const expiresRow = (name: string, of: ExpiresSubject, whose: string): OptionRow[] => {
  const metavar = of === 'type' ? 'TYPE=SECONDS' : 'REGEXP SECONDS';
  const row = { type: 'list', metavar } as const;
  return [
    { ...row, name, help: `Expires of ${whose}`, apply: expires(of, false) },
    {
      ...row,
      name: `${name}-mtime`,
      help: `Expires of ${whose}, counted from the file's change`,
      apply: expires(of, true),
    },
  ];
};

export const staticOptions = defineOptions('static', [
  {
    name: 'static-map',
    metavar: '/PATH=DIR',
    help: 'serve files below this path, before the application is asked',
    ...intoMaps('maps'),
  },
  {
    name: 'static-map2',
    metavar: '/PATH=DIR',
    help: 'serve files below this path, which is also a folder in DIR',
    ...intoMaps('wholeMaps'),
  },
  {
    name: 'check-static',
    aliases: ['static-check'],
    metavar: 'DIR',
    help: 'serve the files in this folder before the application is asked',
    ...intoFolders('check'),
  },
  {
    name: 'check-static-docroot',
    type: 'bool',
    help: 'serve the files in DOCUMENT_ROOT before the application is asked',
    apply: ({ settings }, at) => {
      settings.staticFiles.docroot = parseBool(at.value);
    },
  },
  {
    name: 'static-skip-ext',
    metavar: 'EXT',
    help: 'leave files with this ending to the application',
    ...intoTexts('skipExt'),
  },
  {
    name: 'static-index',
    metavar: 'FILE',
    help: 'the file that stands for a folder',
    ...intoTexts('index'),
  },
  {
    name: 'static-safe',
    metavar: 'DIR',
    help: 'allow links into this folder',
    ...intoFolders('safe'),
  },
  withoutEffect('a file is looked up with each request, for a few microseconds', () => [
    int('static-cache-paths', 'SECONDS', 'remember where files are', { impliesMaster: true }),
    text('static-cache-paths-name', 'NAME', 'the cache that remembers it', { impliesMaster: true }),
  ]),
  {
    name: 'mimefile',
    aliases: ['mime-file'],
    metavar: 'FILE',
    default: '/etc/mime.types',
    help: 'read media types from this file',
    ...addReadableFile(({ staticFiles }) => staticFiles.mimeFiles),
  },
  ...expiresRow('static-expires-type', 'type', 'a media type'),
  ...expiresRow('static-expires', 'file', 'files whose path matches'),
  ...expiresRow('static-expires-uri', 'uri', 'files whose REQUEST_URI matches'),
  ...expiresRow('static-expires-path-info', 'path-info', 'files whose PATH_INFO matches'),
  {
    name: 'static-gzip',
    type: 'list',
    metavar: 'REGEXP',
    help: 'send the .gz beside files whose path matches',
    apply: gzipPattern,
  },
  {
    name: 'static-gzip-all',
    type: 'bool',
    help: 'send the .gz beside any file',
    apply: ({ settings }, at) => {
      settings.staticFiles.gzip.all = parseBool(at.value);
    },
  },
  {
    name: 'static-gzip-dir',
    aliases: ['static-gzip-prefix'],
    type: 'list',
    metavar: 'DIR',
    help: 'send the .gz beside files in this folder',
    apply: add(({ gzip }, value, { cwd }) => gzip.dirs.push(resolve(cwd, value))),
  },
  {
    name: 'static-gzip-ext',
    aliases: ['static-gzip-suffix'],
    type: 'list',
    metavar: 'EXT',
    help: 'send the .gz beside files with this ending',
    apply: add(({ gzip }, value) => gzip.endings.push(value)),
  },
  {
    name: 'honour-range',
    type: 'bool',
    help: 'answer Range for files',
    apply: ({ settings }, at) => {
      settings.staticFiles.honourRange = parseBool(at.value);
    },
  },
  {
    name: 'file-serve-mode',
    aliases: ['fileserve-mode'],
    metavar: 'x-accel-redirect|x-sendfile',
    help: 'let the front server send files, told by a header',
    apply: serveMode,
  },
  notYetAll(() => [
    flag('disable-sendfile', 'send files without sendfile(2)'),
    text('check-cache', 'NAME', 'answer from a cache before the application is asked', {
      argument: 'optional',
    }),
  ]),
]);

/**
 * Which file a request's path may name. In uWSGI's order: check-static, static-map, static-map2, DOCUMENT_ROOT; within
 * each the first that has the file.
 */
import type { StaticMap, StaticSettings } from '../config/static-settings.js';
import type { Environ } from '../wsgi/types.js';
import { Folder, type FolderRules, type FoundFile, Place } from './folder.js';

export interface Located extends FoundFile {
  /** Whose file it is. */
  readonly folder: Folder;
}

/** Finds the file that a path names, or null. */
type Mapping = (path: string, environ: Environ) => Located | null;

/** Folders that front servers have named; they are in their configuration, so few. */
const mostDocroots = 64;
/** The server above has resolved dots, or should not pass them on; here they would go around links. */
const climbs = /(?:^|\/)\.\.(?:\/|$)/;

export class Mappings {
  readonly #mappings: readonly Mapping[];

  constructor(settings: StaticSettings) {
    const { index, skipExt, safe } = settings;
    const rules = { index, skipExt, safe: safe.map((path) => new Place(path)) };
    this.#mappings = [
      ...settings.check.map((dir) => wholePath(dir, rules)),
      ...settings.maps.map((map) => below(map, rules)),
      ...settings.wholeMaps.map((map) => guarded(map, wholePath(map.dir, rules))),
      ...(settings.docroot ? [inDocumentRoot(rules)] : []),
    ];
  }

  find(environ: Environ): Located | null {
    const path = environ.PATH_INFO;
    for (const mapping of this.#mappings) {
      const located = mapping(path, environ);
      if (located !== null) return located;
    }
    return null;
  }
}

/** Of a path that could mean something else to the file system than to who reads the configuration nothing is found. */
function look(folder: Folder, path: string): Located | null {
  if (path.includes('\0') || (path.includes('..') && climbs.test(path))) return null;
  const found = folder.find(path);
  return found === null ? null : { ...found, folder };
}

function wholePath(dir: string, rules: FolderRules): Mapping {
  const folder = new Folder(dir, rules);
  return (path) => look(folder, path.startsWith('/') ? path : `/${path}`);
}

function below({ path: mount, dir }: StaticMap, rules: FolderRules): Mapping {
  const folder = new Folder(dir, rules);
  return (path) => (isBelow(path, mount) ? look(folder, path.slice(mount.length)) : null);
}

function guarded({ path: mount }: StaticMap, mapping: Mapping): Mapping {
  return (path, environ) => (isBelow(path, mount) ? mapping(path, environ) : null);
}

/** uWSGI takes /mountain for a path below /mount. */
function isBelow(path: string, mount: string): boolean {
  return path.startsWith(mount) && (path.length === mount.length || path[mount.length] === '/');
}

function inDocumentRoot(rules: FolderRules): Mapping {
  const known = new Map<string, Mapping>();
  return (path, environ) => {
    const root = environ.DOCUMENT_ROOT;
    if (typeof root !== 'string' || !root.startsWith('/') || root.includes('\0')) return null;
    let mapping = known.get(root);
    if (mapping === undefined) {
      mapping = wholePath(Buffer.from(root, 'latin1').toString(), rules);
      if (known.size < mostDocroots) known.set(root, mapping);
    }
    return mapping(path, environ);
  };
}

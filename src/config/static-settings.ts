/** Files that are served without the application: `static-map` and its kin. Plain data, as all of `Settings`. */

export interface StaticMap {
  /** `/path`, without a slash at the end; empty for all paths. */
  path: string;
  /** Absolute. */
  dir: string;
}

/** What an `Expires` rule looks at. */
export type ExpiresSubject = 'file' | 'path-info' | 'uri' | 'type';

export interface ExpiresRule {
  of: ExpiresSubject;
  /** A regular expression; of a media type, the type itself. */
  pattern: string;
  seconds: number;
  /** Counted from the file's last change, not from now. */
  fromChange: boolean;
}

export interface StaticSettings {
  /** Folders, absolute: PATH_INFO names a file in them. */
  check: string[];
  /** What stands behind the path names a file in the folder. */
  maps: StaticMap[];
  /** The whole PATH_INFO does. */
  wholeMaps: StaticMap[];
  /** The front server's DOCUMENT_ROOT is such a folder, too. */
  docroot: boolean;
  /** Files that stand for their folder; the first that is there. */
  index: string[];
  /** Endings of files that are left to the application. */
  skipExt: string[];
  /** Folders, absolute, into which links may lead. */
  safe: string[];
  /** Tables of media types, absolute; none: /etc/mime.types. */
  mimeFiles: string[];
  expires: ExpiresRule[];
  /** Where FILE.gz is sent for FILE: for files that match, have this ending, are in this folder; for all. */
  gzip: { all: boolean; patterns: string[]; endings: string[]; dirs: string[] };
  honourRange: boolean;
  /** Who sends the file: the server, or the front server, told by this header. */
  serveMode: 'server' | 'X-Sendfile' | 'X-Accel-Redirect';
}

export function defaultStaticSettings(): StaticSettings {
  return {
    check: [],
    maps: [],
    wholeMaps: [],
    docroot: false,
    index: [],
    skipExt: [],
    safe: [],
    mimeFiles: [],
    expires: [],
    gzip: { all: false, patterns: [], endings: [], dirs: [] },
    honourRange: false,
    serveMode: 'server',
  };
}

/** Whether there is a folder to look into. */
export function servesFiles({ check, maps, wholeMaps, docroot }: StaticSettings): boolean {
  return docroot || check.length + maps.length + wholeMaps.length > 0;
}

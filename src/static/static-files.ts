/**
 * Files that are served before the application is asked, as uWSGI serves them: `static-map`, `check-static` and their kin.
 * What answers is an application of its own, for one file; whoever carries the response sends the file as any other
 * `wsgi.file_wrapper` (wsgi/file-wrapper.ts): on native sockets that is sendfile(2).
 */
import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import type { StaticSettings } from '../config/static-settings.js';
import { escapeControls } from '../log/escape.js';
import { log } from '../log/stderr.js';
import { fileWrapper } from '../wsgi/file-wrapper.js';
import type { Application, Body, Environ, Header, StartResponse } from '../wsgi/types.js';
import { compileExpires, type Expires } from './expires.js';
import { FilePart } from './file-part.js';
import { statOf, toNode } from './file-path.js';
import { compileGzip, type HasGzip } from './gzip.js';
import { type Located, Mappings } from './mappings.js';
import { MediaTypes } from './media-types.js';
import { acceptsGzip, isSameFile, isUnchanged, partOf } from './preconditions.js';

interface OpenFile {
  readonly fd: number;
  readonly stats: Stats;
}

export class StaticFiles {
  readonly #settings: StaticSettings;
  readonly #mappings: Mappings;
  readonly #types: MediaTypes;
  readonly #expires: Expires;
  readonly #hasGzip: HasGzip;

  constructor(settings: StaticSettings) {
    this.#settings = settings;
    this.#mappings = new Mappings(settings);
    this.#types = MediaTypes.read(settings.mimeFiles);
    this.#expires = compileExpires(settings.expires);
    this.#hasGzip = compileGzip(settings.gzip);
  }

  /** What answers the request; null: no file does. Does not throw. */
  find(environ: Environ): Application | null {
    const method = environ.REQUEST_METHOD;
    if (method !== 'GET' && method !== 'HEAD') return null;
    const located = this.#mappings.find(environ);
    if (located === null) return null;
    const { file, encoding } = this.#encode(located, environ.HTTP_ACCEPT_ENCODING);
    const { HTTP_IF_MODIFIED_SINCE, HTTP_IF_NONE_MATCH } = environ;
    const headers = [...this.#describe(located, environ), ...encoding];
    const changed = file.stats.mtimeMs;
    if (isUnchanged(HTTP_IF_MODIFIED_SINCE, HTTP_IF_NONE_MATCH, changed)) {
      return answer('304 Not Modified', headers.filter(isOfUnchanged));
    }
    const { serveMode } = this.#settings;
    if (serveMode !== 'server') {
      const moved: Header = [serveMode, encodePath(file.path)];
      return answer('200 OK', [...headers, moved, lastModified(changed)]);
    }
    try {
      const open = openFile(file.path);
      return open === null ? null : (_, startResponse) => this.#send(open, headers, environ, startResponse);
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }

  /** The compressed file where there is one, and what the response says of that. */
  #encode(located: Located, accepted: unknown): { file: Located; encoding: Header[] } {
    if (!this.#hasGzip(located.path)) return { file: located, encoding: [] };
    const vary: Header = ['Vary', 'Accept-Encoding'];
    const path = `${located.path}.gz`;
    const stats = acceptsGzip(accepted) ? statOf(path) : null;
    const compressed = stats?.isFile() ? located.folder.take(path, stats) : null;
    if (compressed === null) return { file: located, encoding: [vary] };
    const file = { ...compressed, folder: located.folder };
    return { file, encoding: [['Content-Encoding', 'gzip'], vary] };
  }

  /** Content-Type and Expires, of the file that was asked for. */
  #describe({ path, stats }: Located, { PATH_INFO, REQUEST_URI }: Environ): Header[] {
    const type = this.#types.of(path);
    const expires = this.#expires({
      file: path,
      'path-info': PATH_INFO,
      uri: String(REQUEST_URI ?? ''),
      type: type ?? '',
      changed: stats.mtimeMs,
    });
    const headers: Header[] = [];
    if (type !== null) headers.push(['Content-Type', type]);
    if (expires !== null) headers.push(['Expires', httpDate(expires)]);
    return headers;
  }

  #send({ fd, stats }: OpenFile, headers: Header[], environ: Environ, startResponse: StartResponse): Body {
    const { size, mtimeMs: changed } = stats;
    const { REQUEST_METHOD: method, HTTP_RANGE, HTTP_IF_RANGE } = environ;
    // RFC 9110, section 14.2: a range is part of what GET gets.
    const isRanged = this.#settings.honourRange && method === 'GET' && isSameFile(HTTP_IF_RANGE, changed);
    const part = isRanged ? partOf(HTTP_RANGE, size) : null;
    if (part === 'unsatisfiable') {
      closeSync(fd);
      startResponse('416 Range Not Satisfiable', [['Content-Range', `bytes */${size}`]]);
      return '';
    }
    const { first, last } = part ?? { first: 0, last: size - 1 };
    const length = last - first + 1;
    const range: Header[] = part === null ? [] : [['Content-Range', `bytes ${first}-${last}/${size}`]];
    startResponse(part === null ? '200 OK' : '206 Partial Content', [
      ...headers,
      ['Content-Length', String(length)],
      ...range,
      lastModified(changed),
    ]);
    if (method === 'GET' && length > 0) return fileWrapper(new FilePart(fd, first, length));
    closeSync(fd);
    return '';
  }
}

function answer(status: string, headers: Header[]): Application {
  return (_, startResponse) => {
    startResponse(status, headers);
    return '';
  };
}

/** RFC 9110, section 15.4.5. */
function isOfUnchanged([name]: Header): boolean {
  return name === 'Expires' || name === 'Vary';
}

function lastModified(milliseconds: number): Header {
  return ['Last-Modified', httpDate(milliseconds)];
}

function httpDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}

/** Front servers decode what such a header says. */
function encodePath(path: string): string {
  return path.replace(/[^\w\-.~/!$&'()*+,;=:@]/g, (char) => `%${hex(char.charCodeAt(0))}`);
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

/** Null: it is gone, or may not be read. @throws the system's error when it has no more descriptors */
function openFile(path: string): OpenFile | null {
  try {
    // What has meanwhile become a fifo must not be waited for.
    const fd = openSync(toNode(path), constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(fd);
    if (stats.isFile()) return { fd, stats };
    closeSync(fd);
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EMFILE' || code === 'ENFILE') throw error;
    if (code !== 'ENOENT')
      log(`a file of static-map or check-static is not served: ${escapeControls(message)}`);
    return null;
  }
}

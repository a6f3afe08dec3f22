import { defineOptions, flag, int, list, notYetAll, text } from '../rows.js';

export const staticOptions = defineOptions('static', [
  notYetAll(() => [
    list('static-map', '/PATH=DIR', 'serve files below this path'),
    list('static-map2', '/PATH=DIR', 'serve files below this path, which is also a folder'),
    list('check-static', 'DIR', 'serve the files in this folder before the application is asked', {
      aliases: ['static-check'],
    }),
    flag('check-static-docroot', 'serve the files in DOCUMENT_ROOT before the application is asked'),
    list('static-skip-ext', 'EXT', 'leave files with this ending to the application'),
    list('static-index', 'FILE', 'the file that stands for a folder'),
    list('static-safe', 'DIR', 'allow files outside the folder, if they are here'),
    int('static-cache-paths', 'SECONDS', 'remember where files are', { impliesMaster: true }),
    text('static-cache-paths-name', 'NAME', 'the cache that remembers it', { impliesMaster: true }),
    list('mimefile', 'FILE', 'read media types from this file', { aliases: ['mime-file'] }),
    list('static-expires-type', 'TYPE=SECONDS', 'Expires of a media type'),
    list(
      'static-expires-type-mtime',
      'TYPE=SECONDS',
      "Expires of a media type, counted from the file's change",
    ),
    list('static-expires', 'REGEXP SECONDS', 'Expires of files that match'),
    list(
      'static-expires-mtime',
      'REGEXP SECONDS',
      "Expires of files that match, counted from the file's change",
    ),
    list('static-expires-uri', 'REGEXP SECONDS', 'Expires of files whose REQUEST_URI matches'),
    list(
      'static-expires-uri-mtime',
      'REGEXP SECONDS',
      "Expires of files whose REQUEST_URI matches, counted from the file's change",
    ),
    list('static-expires-path-info', 'REGEXP SECONDS', 'Expires of files whose PATH_INFO matches'),
    list(
      'static-expires-path-info-mtime',
      'REGEXP SECONDS',
      "Expires of files whose PATH_INFO matches, counted from the file's change",
    ),
    list('static-gzip', 'REGEXP', 'send the .gz beside files that match'),
    flag('static-gzip-all', 'send the .gz beside any file'),
    list('static-gzip-dir', 'DIR', 'send the .gz beside files in this folder', {
      aliases: ['static-gzip-prefix'],
    }),
    list('static-gzip-ext', 'EXT', 'send the .gz beside files with this ending', {
      aliases: ['static-gzip-suffix'],
    }),
    flag('honour-range', 'answer Range for files'),
    text('file-serve-mode', 'MODE', 'how files are sent: x-sendfile, x-accel-redirect or by the server', {
      aliases: ['fileserve-mode'],
    }),
    flag('disable-sendfile', 'send files without sendfile(2)'),
    text('check-cache', 'NAME', 'answer from a cache before the application is asked', {
      argument: 'optional',
    }),
  ]),
]);

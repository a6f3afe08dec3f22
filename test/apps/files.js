/** Files as bodies. The file is the one that the variable FILE names. */
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';

const { FILE } = process.env;
const unreadable = (fd) => ({
  fd,
  read() {
    throw new Error('the server reads what it could send');
  },
  close: () => closeSync(fd),
});

const bodies = {
  '/descriptor': () => openSync(FILE),
  '/handle': () => open(FILE),
  '/unreadable': () => unreadable(openSync(FILE)),
  '/rest': () => {
    const fd = openSync(FILE);
    readSync(fd, Buffer.alloc(10));
    return unreadable(fd);
  },
  '/pipe': () => openSync('/dev/null'),
  '/procfs': () => openSync('/proc/version'),
};

export async function application(environ, startResponse) {
  const headers = [['Content-Type', 'application/octet-stream']];
  if (environ.QUERY_STRING !== '') headers.push(['Content-Length', environ.QUERY_STRING]);
  startResponse('200 OK', headers);
  return environ['wsgi.file_wrapper'](await bodies[environ.PATH_INFO]());
}

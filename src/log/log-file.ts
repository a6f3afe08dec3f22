/**
 * `logto` and `logto2`: from then on descriptors 1 and 2 of this process, and of every process it starts, are the file.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { startErrors } from '../errors.js';

const { O_WRONLY, O_APPEND, O_CREAT } = constants;
/** As uWSGI creates its log files; the umask may take bits away. */
const MODE = 0o640;

/** The piece of the addon this needs. */
export interface Redirect {
  redirectFd(fd: number, onto: number): void;
}

/**
 * Opens `path` for appending, creating it if need be, and puts it onto stdout and stderr.
 *
 * @param option `logto` or `logto2`, for the message.
 * @throws {UwsgiNodeError} UWSGI_LOG_FILE
 */
export function logToFile(option: string, path: string, native: Redirect): void {
  // uWSGI sends datagrams to such a name; a file that is called like this would be a surprise.
  if (/^[^/]*:\d+$/.test(path)) throw startErrors.logOverUdp(option, path);
  let fd: number;
  try {
    fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT, MODE);
  } catch (error) {
    throw startErrors.logFile(option, path, error as NodeJS.ErrnoException);
  }
  native.redirectFd(fd, 1);
  native.redirectFd(fd, 2);
  closeSync(fd);
}

/**
 * `logto` and `logto2`: a file that is behind some descriptors of this process, 1 and 2 for example, and of every process
 * that inherits them. It can be opened again under its name, by each process for itself, without a moment in which the
 * descriptors lead nowhere.
 */
import { chmodSync, chownSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { startErrors } from '../errors.js';
import { rotate } from './rotation.js';

const { O_WRONLY, O_APPEND, O_CREAT, O_TRUNC } = constants;
/** As uWSGI creates its log files; the umask may take bits away. */
const MODE = 0o640;

/** The piece of the addon this needs. */
export interface Redirect {
  redirectFd(fd: number, onto: number): void;
}

export class LogFile {
  /** Absolute. */
  readonly path: string;
  readonly fds: readonly number[];
  readonly #option: string;
  readonly #native: Redirect;
  /** Permission bits; null leaves the umask's result. */
  readonly #mode: number | null;

  /** @param option `logto` or `logto2`, for messages. */
  constructor(
    option: string,
    path: string,
    fds: readonly number[],
    native: Redirect,
    mode: number | null = null,
  ) {
    // uWSGI sends datagrams to such a name; a file that is called like this would be a surprise.
    if (/^[^/]*:\d+$/.test(path)) throw startErrors.logOverUdp(option, path);
    this.#option = option;
    this.path = path;
    this.fds = fds;
    this.#native = native;
    this.#mode = mode;
  }

  /**
   * Opens the file for appending, creating it if need be, and puts it behind the descriptors.
   * @throws {UwsgiNodeError} UWSGI_LOG_FILE; the descriptors lead where they led before.
   */
  open(truncate = false): void {
    try {
      const fd = openSync(this.path, O_WRONLY | O_APPEND | O_CREAT | (truncate ? O_TRUNC : 0), MODE);
      if (this.#mode !== null) chmodSync(this.path, this.#mode);
      for (const onto of this.fds) this.#native.redirectFd(fd, onto);
      closeSync(fd);
    } catch (error) {
      throw startErrors.logFile(this.#option, this.path, error as NodeJS.ErrnoException);
    }
  }

  /**
   * Gives the file another name and puts a new one in its place. Other processes write on into the renamed one until they
   * open theirs again: no line is lost.
   * @returns the name.
   * @throws {UwsgiNodeError} UWSGI_LOG_FILE
   */
  rotate(backup: string | null): string {
    try {
      const name = rotate(this.path, backup);
      this.open();
      return name;
    } catch (error) {
      throw startErrors.logFile(this.#option, this.path, error as NodeJS.ErrnoException);
    }
  }

  /** Gives the file to a user and a group; null: as it is. @throws {UwsgiNodeError} UWSGI_LOG_FILE */
  own(uid: number | null, gid: number | null): void {
    try {
      chownSync(this.path, uid ?? -1, gid ?? -1);
    } catch (error) {
      throw startErrors.logFile(this.#option, this.path, error as NodeJS.ErrnoException);
    }
  }

  /** Bytes; 0 while there is no such file. */
  get size(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }
}

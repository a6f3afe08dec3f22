/**
 * Where the log goes, as the master holds it. Without loggers every process writes to stderr or to the log file itself.
 * With loggers their lines come through a pipe, and the master sends them on; should it die, the workers take what is in
 * the pipe and write to where the log would go without loggers.
 */
import { readSync } from 'node:fs';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import type { LogSettings } from '../config/log-settings.js';
import type { Settings } from '../config/settings.js';
import type { DatagramSockets } from '../log/datagram-writer.js';
import { openDestination } from '../log/destination.js';
import { LineWriter } from '../log/line-writer.js';
import { LogFile, type Redirect } from '../log/log-file.js';
import { LogRouter } from '../log/log-router.js';
import type { LoggerSetting } from '../log/logger-spec.js';
import { logs as words } from '../log/startup.js';
import { log } from '../log/stderr.js';
import type { WorkerLogs } from '../messages.js';

/** The pieces of the addon this needs. */
export interface LogSockets extends Redirect, DatagramSockets {
  makePipe(): [read: number, write: number];
  duplicateFd(fd: number): number;
}

/** Lines on their way from all processes to the master. */
interface Stream {
  readonly router: LogRouter;
  readonly read: number;
  readonly write: number;
}

/** How often the size of the log file is looked at, milliseconds. */
const LOOK = 1000;

export class Logs {
  readonly #native: LogSockets;
  readonly #isOpen: boolean;
  readonly #settings: Settings;
  #file: LogFile | null = null;
  /** The log as it would be without loggers; null where nothing has taken its place. */
  #original: number | null = null;
  #log: Stream | null = null;
  #requests: Stream | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Told when the log file is another. */
  onNewFile: () => void = () => {};

  /** @param isOpen the program before has opened the log, with rights that this one may not have any more. */
  constructor(settings: Settings, native: LogSockets, isOpen = false) {
    this.#settings = settings;
    this.#isOpen = isOpen;
    this.#native = native;
  }

  /**
   * Before the first line.
   * @throws {UwsgiNodeError} UWSGI_LOG_FILE
   */
  begin(): void {
    const { logto } = this.#settings;
    const { loggers, logRoutes, logEncoders, logDrain, logFilter } = this.#settings;
    const { reqLoggers, logReqRoutes, logReqEncoders } = this.#settings;
    if (logto !== null) this.#openFile('logto', logto, [1, 2]);
    const isRouted = [loggers, logRoutes, logEncoders, logDrain, logFilter].some(({ length }) => length > 0);
    const hasRequests = [reqLoggers, logReqRoutes, logReqEncoders].some(({ length }) => length > 0);
    if (!isRouted && !hasRequests) return;
    this.#original = this.#native.duplicateFd(2);
    if (this.#file !== null) {
      const { path } = this.#file;
      this.#openFile('logto', path, isRouted ? [this.#original] : [1, 2, this.#original]);
    }
    // What this process says when it dies.
    process.on('exit', () => this.end());
    if (hasRequests) {
      this.#requests = this.#stream({
        loggers: reqLoggers,
        routes: logReqRoutes,
        encoders: logReqEncoders,
        drain: [],
        filter: [],
      });
    }
    if (!isRouted) return;
    this.#log = this.#stream({
      loggers,
      routes: logRoutes,
      encoders: logEncoders,
      drain: logDrain,
      filter: logFilter,
    });
    for (const fd of [1, 2]) this.#native.redirectFd(this.#log.write, fd);
  }

  /** `logfile-chown`, before privileges are given up. */
  own({ uid, gid }: { uid: number | null; gid: number | null }): void {
    if (this.#settings.logfileChown && (uid !== null || gid !== null)) this.#file?.own(uid, gid);
  }

  /**
   * `logto2`, once privileges are given up.
   * @throws {UwsgiNodeError} UWSGI_LOG_FILE
   */
  beginUnprivileged(): void {
    const { logto2, logMaxsize } = this.#settings;
    const fds = [...(this.#log === null ? [1, 2] : []), ...(this.#original === null ? [] : [this.#original])];
    if (logto2 !== null) this.#openFile('logto2', logto2, fds);
    if (this.#file === null || logMaxsize === 0) return;
    this.#timer = setInterval(() => this.#look(), LOOK).unref();
  }

  /** Where the log would go without loggers; null where it goes there. */
  get original(): number | null {
    return this.#original;
  }

  /** What workers inherit behind their other descriptors, and how they find it there. */
  get inherited(): WorkerLogs & { readonly descriptors: number[] } {
    const descriptors: number[] = [];
    const numberOf = (fd: number | null | undefined) =>
      fd === null || fd === undefined ? null : descriptors.push(fd) - 1;
    const original = numberOf(this.#original);
    const files = this.#file === null ? [] : [{ path: this.#file.path, isDirect: this.#log === null }];
    return {
      original,
      log: numberOf(this.#log?.read),
      requestsRead: numberOf(this.#requests?.read),
      requests: numberOf(this.#requests?.write),
      files,
      descriptors,
    };
  }

  /** Opens the log files again under their names. Returns lines for the log. */
  reopen(): string[] {
    const problems = this.#try(() => this.#file?.open());
    for (const stream of this.#streams()) problems.push(...stream.router.reopen());
    this.onNewFile();
    return problems.length > 0 ? problems : [words.reopened];
  }

  /** Gives the log files another name and begins new ones. Returns lines for the log. */
  rotate(): string[] {
    if (this.#file === null && [...this.#streams()].length === 0) return [words.nothingToRotate];
    const lines: string[] = [];
    const problems = this.#try(() => {
      if (this.#file === null) return;
      const { size } = this.#file;
      lines.push(words.rotated(size, this.#file.rotate(this.#settings.logBackupname)));
    });
    lines.push(...problems);
    for (const stream of this.#streams()) lines.push(...stream.router.rotate());
    this.onNewFile();
    return lines;
  }

  /** Writes what is still under way; from here on this process writes to where the log would go without loggers. */
  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.leave();
    this.#log = this.#requests = null;
  }

  /** The same for another program in the place of this one: `stay` undoes it. */
  leave(): void {
    if (this.#log !== null) for (const fd of [1, 2]) this.#native.redirectFd(this.#original!, fd);
    for (const { read, router } of this.#streams()) {
      for (let text = readNow(read); text !== ''; text = readNow(read)) router.take(text);
      router.flush();
    }
  }

  /** The other program has not come. */
  stay(): void {
    if (this.#log !== null) for (const fd of [1, 2]) this.#native.redirectFd(this.#log.write, fd);
  }

  *#streams(): Generator<Stream> {
    if (this.#log !== null) yield this.#log;
    if (this.#requests !== null) yield this.#requests;
  }

  #look(): void {
    if (this.#file === null || this.#file.size <= this.#settings.logMaxsize) return;
    log(...this.rotate());
  }

  #try(act: () => void): string[] {
    const lines: string[] = [];
    try {
      act();
    } catch (error) {
      lines.push(`uwsgi-node: ${(error as Error).message}`);
    }
    return lines;
  }

  #openFile(option: string, path: string, fds: number[]): void {
    const { logfileChmod: mode, logTruncate } = this.#settings;
    this.#file = new LogFile(option, resolve(path), fds, this.#native, mode);
    if (this.#isOpen) this.#try(() => this.#file?.open());
    else this.#file.open(logTruncate);
  }

  #stream(parts: {
    loggers: readonly LoggerSetting[];
    routes: LogSettings['logRoutes'];
    encoders: LogSettings['logEncoders'];
    drain: readonly string[];
    filter: readonly string[];
  }): Stream {
    const original = LineWriter.to(this.#original!);
    const loggers = parts.loggers.map(({ name, target }) => {
      const isStandard = target.kind === 'fd' && (target.fd === 1 || target.fd === 2);
      return { name, destination: isStandard ? original : openDestination(target, this.#native) };
    });
    const router = new LogRouter({ ...parts, loggers, fallback: original });
    const [read, write] = this.#native.makePipe();
    const source = new Socket({ fd: this.#native.duplicateFd(read), readable: true, writable: false });
    source.setEncoding('latin1');
    source.on('data', (text) => router.take(String(text)));
    source.on('error', () => source.destroy());
    source.unref();
    return { router, read, write };
  }
}

/** What is in a pipe, as latin-1; empty when nothing is. */
function readNow(fd: number): string {
  const bytes = Buffer.alloc(64 * 1024);
  try {
    return bytes.toString('latin1', 0, readSync(fd, bytes));
  } catch {
    return '';
  }
}

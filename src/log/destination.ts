/**
 * Where a logger's lines end: a file, a descriptor, a socket, syslog. None of them makes its writer wait: what cannot be
 * written now is kept up to a bound, then dropped and counted.
 */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { startErrors } from '../errors.js';
import {
  type DatagramSockets,
  DatagramWriter,
  type SendDatagram,
  udpSender,
  unixSender,
} from './datagram-writer.js';
import { LineWriter } from './line-writer.js';
import type { LoggerTarget } from './logger-spec.js';
import { rotate } from './rotation.js';
import { strftime } from './strftime.js';

export interface Destination {
  /** @param text latin-1: a line, usually with its newline. */
  write(text: string): void;
  flush(): void;
  /** Files are opened again under their names. @throws Error */
  reopen?(): void;
  /** Files get another name. @throws Error */
  rotate?(): void;
}

const SYSLOG = '/dev/log';

/** @throws {UwsgiNodeError} UWSGI_LOG_FILE when a file cannot be opened. */
export function openDestination(target: LoggerTarget, native: DatagramSockets): Destination {
  switch (target.kind) {
    case 'file':
      return new FileDestination(target.path, target.maxSize, target.backup);
    case 'fd':
      return LineWriter.to(target.fd);
    case 'socket':
      return new DatagramWriter(sender(target.address, native), (line) => line);
    case 'syslog': {
      const frame = (line: string) =>
        `<${target.priority}>${strftime('%b %e %H:%M:%S', new Date())} ${target.ident}: ${line.trimEnd()}`;
      return new DatagramWriter(unixSender(SYSLOG, native), frame);
    }
    case 'rsyslog': {
      const frame = (line: string) =>
        `<${target.priority}>${strftime('%b %e %H:%M:%S', new Date())} ${hostname()} ${target.ident}: ${line.trimEnd()}`;
      return new DatagramWriter(sender(target.address, native, 514), frame);
    }
  }
}

/** `host:port` is UDP, everything else a unix socket. */
function sender(address: string, native: DatagramSockets, defaultPort?: number): SendDatagram {
  const [, host, port] = /^([^/@]*?)(?::(\d+))?$/.exec(address) ?? [];
  if (host === undefined || (port === undefined && defaultPort === undefined))
    return unixSender(address, native);
  const bare = host.replace(/^\[|\]$/g, '');
  return udpSender(bare === '' ? '127.0.0.1' : bare, Number(port ?? defaultPort), isIPv6(bare));
}

/** One process writes it, so it knows its size, and a new file begins with a line of its own. */
class FileDestination implements Destination {
  readonly #path: string;
  readonly #maxSize: number;
  readonly #backup: string | null;
  readonly #writer: LineWriter;
  #fd = -1;
  #size = 0;

  constructor(path: string, maxSize: number, backup: string | null) {
    this.#path = path;
    this.#maxSize = maxSize;
    this.#backup = backup;
    this.reopen();
    this.#writer = new LineWriter((bytes, at, size) => this.#output(bytes, at, size), false);
  }

  write(text: string): void {
    this.#writer.write(text);
  }

  flush(): void {
    this.#writer.flush();
  }

  reopen(): void {
    try {
      const fd = openSync(this.#path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o640);
      if (this.#fd >= 0) closeSync(this.#fd);
      this.#fd = fd;
      this.#size = fstatSync(fd).size;
    } catch (error) {
      throw startErrors.logFile('logger = file', this.#path, error as NodeJS.ErrnoException);
    }
  }

  rotate(): void {
    rotate(this.#path, this.#backup);
    this.reopen();
  }

  #output(bytes: Buffer, at: number, size: number): number {
    const written = writeSync(this.#fd, bytes, at, size);
    this.#size += written;
    if (this.#maxSize > 0 && this.#size > this.#maxSize && written === size) {
      try {
        this.rotate();
      } catch {
        // It grows on, and the next batch tries again.
      }
    }
    return written;
  }
}

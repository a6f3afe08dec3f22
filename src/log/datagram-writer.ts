/**
 * Lines as datagrams, one each. A receiver that is slow or not there loses what does not fit into a bound; it is told how
 * many lines when it is back.
 */
import { createSocket } from 'node:dgram';
import { closeSync, writeSync } from 'node:fs';

/** The piece of the addon this needs. */
export interface DatagramSockets {
  connectDatagram(address: string): number;
}

/** What became of one: it cannot be sent now, or never. */
export type Sent = 'sent' | 'later' | 'never';
export type SendDatagram = (bytes: Buffer) => Sent;

/** Lines that wait for a receiver. */
const MOST_WAITING = 10_000;
const RETRY = 100;

export class DatagramWriter {
  readonly #send: SendDatagram;
  readonly #frame: (line: string) => string;
  #waiting: string[] = [];
  #dropped = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @param frame makes a datagram of a line. */
  constructor(send: SendDatagram, frame: (line: string) => string) {
    this.#send = send;
    this.#frame = frame;
  }

  write(line: string): void {
    if (this.#waiting.length >= MOST_WAITING) this.#dropped++;
    else this.#waiting.push(line);
    if (this.#timer === null) this.flush();
  }

  flush(): void {
    let taken = 0;
    for (const line of this.#waiting) {
      const sent = this.#send(Buffer.from(this.#frame(line), 'latin1'));
      if (sent === 'later') break;
      if (sent === 'never') this.#dropped++;
      taken++;
    }
    this.#waiting = this.#waiting.slice(taken);
    if (this.#waiting.length > 0) this.#retry();
    else if (this.#dropped > 0) this.#tellOfDropped();
  }

  #tellOfDropped(): void {
    const line = `*** ${this.#dropped} log lines were dropped: whoever takes the log did not keep up ***`;
    this.#dropped = 0;
    if (this.#send(Buffer.from(this.#frame(line), 'latin1')) !== 'sent') this.#waiting.push(line);
  }

  #retry(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.flush();
    }, RETRY).unref();
  }
}

/** To a unix socket, which is connected again when its owner was started anew. */
export function unixSender(address: string, native: DatagramSockets): SendDatagram {
  let fd = -1;
  return (bytes) => {
    try {
      if (fd < 0) fd = native.connectDatagram(address);
      writeSync(fd, bytes);
      return 'sent';
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EMSGSIZE') return 'never';
      if (code !== 'EAGAIN' && code !== 'ENOBUFS' && fd >= 0) {
        closeSync(fd);
        fd = -1;
      }
      return 'later';
    }
  };
}

/** Bytes that may wait in the socket. */
const MOST_QUEUED = 1024 * 1024;

export function udpSender(host: string, port: number, isIPv6: boolean): SendDatagram {
  const socket = createSocket(isIPv6 ? 'udp6' : 'udp4');
  // Nobody there is no news: UDP may lose what it likes.
  socket.on('error', () => {});
  socket.unref();
  return (bytes) => {
    if (socket.getSendQueueSize() > MOST_QUEUED) return 'later';
    socket.send(bytes, port, host, () => {});
    return 'sent';
  };
}

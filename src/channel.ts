/**
 * The messages between the master and a worker: a line of JSON each, over a socket of which each has an end. Node's own
 * channel (`stdio: 'ipc'`) is the same, but before its first line a worker loads half of node:child_process for it.
 */
import type { Socket } from 'node:net';

export class Channel<Sent, Received> {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Who is at the other end may have gone. That is told when it has been closed here, too.
    socket.on('error', () => {});
  }

  /** Everything that comes, in its order. To be called once. */
  onMessage(receive: (message: Received) => void): void {
    let rest = '';
    this.#socket.setEncoding('utf8').on('data', (text: string) => {
      // Where there is no end of a line, nothing that has come before is looked at again.
      if (!text.includes('\n')) {
        rest += text;
        return;
      }
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) receive(JSON.parse(line) as Received);
    });
  }

  /** @param done called when the kernel has it, or nobody ever will */
  send(message: Sent, done: (error: Error | null) => void): boolean {
    return this.#socket.write(`${JSON.stringify(message)}\n`, (error) => done(error ?? null));
  }

  /** The other end is closed, and all that it has sent has been received. */
  onClose(closed: () => void): void {
    this.#socket.on('close', closed);
  }
}

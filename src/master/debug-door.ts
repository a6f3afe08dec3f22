/**
 * The door for whoever debugs the server: an abstract unix socket, which those may use who may send the master a signal:
 * its own user and root. Runs in the master; at the other end: src/debugging/client.ts.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { type DoorReply, type DoorRequest, doorOf, LONGEST_REQUEST } from '../debugging/door.js';
import { doorLines } from '../log/door.js';
import type { NativeSockets } from '../native.js';

export interface DoorParts {
  pid: number;
  /** Of the master, now. */
  uid(): number;
  /** Lines for whoever asks, or why there are none. */
  answer(request: DoorRequest): Promise<DoorReply>;
  native: Pick<NativeSockets, 'bindListener' | 'peerOf'>;
  log(...lines: string[]): void;
  /** How long somebody may take to say what is wanted, and to take the next piece of the answer, milliseconds; 5 000 by default. */
  patience?: number;
}

const MOST_CLIENTS = 16;
/** Any user of the machine can come: they never take the places of those who may ask. */
const MOST_STRANGERS = 4;

export class DebugDoor {
  readonly #parts: DoorParts;
  readonly #patience: number;
  readonly #server: Server | null;
  readonly #clients = new Set<Socket>();
  /** Who has been refused and is still there, the oldest first. */
  readonly #strangers = new Set<Socket>();

  constructor(parts: DoorParts) {
    this.#parts = parts;
    this.#patience = parts.patience ?? 5_000;
    this.#server = this.#open();
  }

  close(): void {
    this.#server?.close();
    for (const client of [...this.#clients, ...this.#strangers]) client.destroy();
  }

  /** Where it cannot be opened the server serves all the same. */
  #open(): Server | null {
    const { pid, native, log } = this.#parts;
    try {
      const { fd } = native.bindListener(doorOf(pid), { backlog: MOST_CLIENTS, mode: null });
      const server = createServer((client) => this.#receive(client));
      server.on('error', (error) => log(doorLines.trouble(error.message)));
      return server.listen({ fd });
    } catch (error) {
      log(doorLines.closed((error as Error).message));
      return null;
    }
  }

  #receive(client: Socket): void {
    const overdue = setTimeout(() => client.destroy(), this.#patience);
    client.on('close', () => {
      clearTimeout(overdue);
      this.#clients.delete(client);
      this.#strangers.delete(client);
    });
    // It left before it had its answer.
    client.on('error', () => client.destroy());
    if (!this.#isWelcome(client)) this.#refuse(client);
    else if (this.#clients.size < MOST_CLIENTS) this.#listen(client, overdue);
    else client.destroy();
  }

  /** It closes the connection itself when it has read why; one that does not makes room for the next. */
  #refuse(client: Socket): void {
    const [oldest] = this.#strangers;
    if (oldest !== undefined && this.#strangers.size >= MOST_STRANGERS) {
      oldest.destroy();
      this.#strangers.delete(oldest);
    }
    this.#strangers.add(client);
    client.end(JSON.stringify({ problem: doorLines.stranger }));
    client.resume();
  }

  #listen(client: Socket, overdue: NodeJS.Timeout): void {
    this.#clients.add(client);
    let text = '';
    client.on('data', (bytes) => {
      text += bytes.toString();
      if (text.length > LONGEST_REQUEST) client.destroy();
      if (!text.endsWith('\n')) return;
      clearTimeout(overdue);
      client.removeAllListeners('data').resume();
      void this.#reply(client, text);
    });
  }

  #isWelcome(client: Socket): boolean {
    // Node keeps the descriptor to itself.
    const { fd } = (client as unknown as { _handle: { fd: number } })._handle;
    const { uid } = this.#parts.native.peerOf(fd);
    return uid === 0 || uid === this.#parts.uid();
  }

  async #reply(client: Socket, text: string): Promise<void> {
    let reply: DoorReply;
    try {
      reply = await this.#parts.answer(JSON.parse(text) as DoorRequest);
    } catch (error) {
      // Another version of this package may have other questions.
      reply = { problem: (error as Error).message };
    }
    client.setTimeout(this.#patience, () => client.destroy());
    client.end(JSON.stringify(reply));
  }
}

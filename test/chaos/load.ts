/** Clients that send one request after the other over every kind of socket, and write down what came of each. */
import { once } from 'node:events';
import { get, type IncomingMessage, type RequestOptions } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { request, requestVars } from '../support/uwsgi-client.js';
import type { Random } from './random.js';

export interface Sent {
  id: string;
  /** Of the door it was sent to. */
  door: string;
  path: string;
  /** Milliseconds, performance.now(). */
  sentAt: number;
  endedAt: number;
  /** `ok`, `refused` when no connection was made, or what went wrong. */
  outcome: string;
}

/** Sends a request, returns status and body. */
export type Door = (path: string, id: string) => Promise<{ status: number; body: string }>;

/** Longer than any throttled worker takes to come back, milliseconds. */
const PATIENCE = 60_000;

export const uwsgiDoor =
  (address: string): Door =>
  async (path, id) => {
    const vars = requestVars({ PATH_INFO: path, QUERY_STRING: id });
    const { status, body } = await request(address, { vars, timeout: PATIENCE });
    return { status, body: body.toString() };
  };

/** Each over a connection of its own. */
export const httpDoor =
  (address: RequestOptions): Door =>
  async (path, id) => {
    const outgoing = get({ ...address, path: `${path}?${id}`, agent: false, timeout: PATIENCE });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    // A connection can also break when the response has begun, or twice.
    const broken = new Promise<never>((_, reject) => outgoing.on('error', reject));
    const answered = async () => {
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      return { status: incoming.statusCode ?? 0, body: Buffer.concat(await incoming.toArray()).toString() };
    };
    return Promise.race([answered(), broken]);
  };

const paths = ['/quick', '/quick', '/later', '/stream'];

export class Load {
  readonly sent: Sent[] = [];
  #lastId = 0;
  #isOver = false;
  readonly #clients: Promise<void>[];

  constructor(
    private readonly doors: Record<string, Door>,
    random: Random,
    clients: number,
  ) {
    const names = Object.keys(doors);
    this.#clients = Array.from({ length: clients }, (_, index) =>
      this.#repeat(names[index % names.length]!, random),
    );
  }

  /** Sends one request and waits for its end. Its id is known at once. */
  send(door: string, path: string): { id: string; ended: Promise<Sent> } {
    this.#lastId += 1;
    const id = String(this.#lastId);
    return { id, ended: this.#send(id, door, path) };
  }

  async #send(id: string, door: string, path: string): Promise<Sent> {
    const sentAt = performance.now();
    const outcome = await outcomeOf(this.doors[door]!, path, id);
    const sent = { id, door, path, sentAt, endedAt: performance.now(), outcome };
    this.sent.push(sent);
    return sent;
  }

  /** Resolves when every request has come to an end. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #repeat(door: string, random: Random): Promise<void> {
    while (!this.#isOver) {
      const { outcome } = await this.send(door, random.pick(paths)).ended;
      // While there is no server the clients would only count refusals.
      if (outcome !== 'ok') await delay(20);
    }
  }
}

const refusals = ['ECONNREFUSED', 'ENOENT'];

async function outcomeOf(door: Door, path: string, id: string): Promise<string> {
  try {
    const { status, body } = await door(path, id);
    if (status !== 200) return `status ${status}`;
    return body === `done ${id}` ? 'ok' : `cut short: ${JSON.stringify(body)}`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return refusals.includes(code ?? '') ? 'refused' : (code ?? message);
  }
}

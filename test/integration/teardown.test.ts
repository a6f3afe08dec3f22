/**
 * What each client sees when a thread is ended, or a process killed, while its connection is in the midst of something:
 * the table in docs/harakiri.md. Over TCP, where a reset shows.
 */
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { type RunningServer, startServer } from '../support/server.js';
import { encodePacket, parseResponse, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 60_000 });
afterAll(cleanUp);

const appFile = (name: string) => fileURLToPath(new URL(`../apps/${name}`, import.meta.url));

/** A client that says no more than it is told to, and remembers what it sees. */
class Client {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #news: () => void = () => {};
  readonly ended: Promise<{ status: number; end: 'closed' | 'reset' }>;

  /** @param reads false: nothing after the first piece, until `resume` */
  constructor(address: string, bytes: Buffer, reads = true) {
    const [host, port] = address.split(':');
    this.#socket = connect({ host: host!, port: Number(port), allowHalfOpen: true });
    this.#socket.write(bytes);
    this.#socket.on('data', (chunk) => {
      if (!reads && this.#received.length === 0) this.#socket.pause();
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#news();
    });
    this.ended = new Promise((resolve) => {
      const end = (how: 'closed' | 'reset') =>
        resolve({ status: parseResponse(this.#received).status, end: how });
      this.#socket.on('end', () => end('closed'));
      this.#socket.on('error', () => end('reset'));
    });
  }

  /** Resolves when something has come, or what has come ends like this. */
  async heard(ending = ''): Promise<void> {
    while (this.#received.length === 0 || !this.text.endsWith(ending)) {
      await new Promise<void>((resolve) => {
        this.#news = resolve;
      });
    }
  }

  say(text: string): void {
    this.#socket.write(text);
  }

  resume(): void {
    this.#socket.resume();
  }

  get text(): string {
    return this.#received.toString('latin1');
  }
}

const packet = (path: string, more = {}) =>
  encodePacket(requestVars({ PATH_INFO: path, REQUEST_URI: path, ...more }));
const post = (path: string, length: number) =>
  packet(path, { REQUEST_METHOD: 'POST', CONTENT_LENGTH: String(length) });

/** A client in each state; resolves when the server has them all in it. */
async function occupy(server: RunningServer) {
  const open = (bytes: Buffer, reads?: boolean) => new Client(server.address, bytes, reads);
  const clients = {
    readingVars: open(packet('/').subarray(0, 40)),
    readingBody: open(Buffer.concat([post('/body', 10), Buffer.from('1234')])),
    headOut: open(packet('/half')),
    slowReader: open(packet('/large-stream'), false),
    draining: open(post('/', 10_000_000)),
    upgraded: open(
      packet('/', { SCRIPT_NAME: '/upgrade', HTTP_UPGRADE: 'echo', HTTP_CONNECTION: 'upgrade' }),
    ),
  };
  await clients.headOut.heard();
  await clients.slowReader.heard();
  await clients.upgraded.heard('\r\n\r\n');
  clients.upgraded.say('echo');
  await clients.upgraded.heard('echo');
  // The server has ended its side, and waits for the rest of the body.
  expect(await clients.draining.ended).toEqual({ status: 200, end: 'closed' });
  // Last: its own harakiri must not come before that of the request that hangs.
  const running = open(packet('/wait'));
  // One that came after all of them has been answered.
  expect((await open(packet('/')).ended).status).toBe(200);
  return { ...clients, running };
}

function start(...more: string[]): Promise<RunningServer> {
  const apps = ['--wsgi-file', appFile('hanging.js'), '--mount', `/upgrade=${appFile('upgrading.js')}`];
  const bounds = ['--socket-timeout', '60', ...more];
  return startServer({ args: ['--master', '--socket', '127.0.0.1:0', ...apps, ...bounds] });
}

it.concurrent('a thread that is ended answers whom it can, and lets the others notice', async () => {
  const server = await start('--harakiri', '3');
  const clients = await occupy(server);
  const hang = new Client(server.address, packet('/hang'));
  expect(await hang.ended).toEqual({ status: 504, end: 'closed' });
  clients.slowReader.resume();
  expect(await clients.readingVars.ended).toEqual({ status: 503, end: 'closed' });
  expect(await clients.readingBody.ended).toEqual({ status: 503, end: 'closed' });
  expect(await clients.running.ended).toEqual({ status: 503, end: 'closed' });
  expect(await clients.headOut.ended).toEqual({ status: 200, end: 'reset' });
  expect(clients.headOut.text).toMatch(/half $/);
  expect(await clients.upgraded.ended).toEqual({ status: 101, end: 'reset' });
  // A reset, too, but libuv takes one that comes behind data for an end.
  expect((await clients.slowReader.ended).status).toBe(200);
  expect(clients.slowReader.text.length).toBeLessThan(16 << 20);
  await server.lines.waitFor(/^Respawned core 0 of worker 1$/);
});

it.concurrent('a process that is killed closes its connections, and another serves', async () => {
  const server = await start();
  const clients = await occupy(server);
  const [pid] = server.workers;
  process.kill(pid!, 'SIGKILL');
  clients.slowReader.resume();
  for (const client of [clients.readingVars, clients.readingBody, clients.running]) {
    expect((await client.ended).status).toBe(0);
  }
  expect(await clients.headOut.ended).toEqual({ status: 200, end: 'closed' });
  expect(await clients.upgraded.ended).toEqual({ status: 101, end: 'closed' });
  expect((await clients.slowReader.ended).status).toBe(200);
  expect(clients.slowReader.text.length).toBeLessThan(16 << 20);
  await server.lines.waitFor(/^Respawned uWSGI worker 1/);
  expect((await new Client(server.address, packet('/')).ended).status).toBe(200);
});

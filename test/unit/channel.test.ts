import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Channel } from '../../src/channel.js';
import { cleanUp, makeDirectory, onCleanUp } from '../support/clean-up.js';

type Message = { text: string };

afterEach(cleanUp);

/** Both ends of a socket. */
async function pair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(join(await makeDirectory(), 'socket'));
  onCleanUp(() => void server.close());
  await once(server, 'listening');
  const client = connect(server.address() as string);
  const [[peer]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  onCleanUp(() => void client.destroy());
  return [client, peer as Socket];
}

it('carries messages in their order, whatever pieces they come in', async () => {
  const [client, peer] = await pair();
  const received: Message[] = [];
  new Channel<never, Message>(peer).onMessage((message) => received.push(message));
  const closed = once(peer, 'close');
  const long = 'ü\n'.repeat(100_000);
  const bytes = Buffer.from(
    [{ text: 'a' }, { text: long }, { text: 'ö' }].map((m) => `${JSON.stringify(m)}\n`).join(''),
  );
  // In the middle of a character.
  const cut = bytes.length - 5;
  client.write(bytes.subarray(0, cut));
  client.end(bytes.subarray(cut));
  await closed;
  expect(received).toEqual([{ text: 'a' }, { text: long }, { text: 'ö' }]);
});

it('tells when the other end is closed, after the last message', async () => {
  const [client, peer] = await pair();
  const events: string[] = [];
  const channel = new Channel<Message, Message>(peer);
  channel.onMessage(({ text }) => events.push(text));
  const closed = new Promise<void>((resolve) => channel.onClose(resolve)).then(() => events.push('closed'));
  const sender = new Channel<Message, Message>(client);
  await new Promise((resolve) => sender.send({ text: 'last words' }, resolve));
  client.destroy();
  await closed;
  expect(events).toEqual(['last words', 'closed']);
  const error = await new Promise((resolve) => channel.send({ text: 'too late' }, resolve));
  expect(error).toBeInstanceOf(Error);
});

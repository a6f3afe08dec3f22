/** Whose upgrades they are, of several applications behind one. */
import { createServer, IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { nodeHandler } from '../../../src/adapters/node-http.js';
import { upgradeListenerOf } from '../../../src/adapters/websocket.js';
import { mountApplications } from '../../../src/thread/mounts.js';

const plain = nodeHandler(createServer());

function chat(seen: string[]) {
  const server = createServer().on('upgrade', (request) => seen.push(request.url!));
  return nodeHandler(server);
}

it('the application below whose mount the URL is takes the upgrade, and sees its own part of it', () => {
  const seen: string[] = [];
  const mounted = mountApplications([{ path: '/chat', application: chat(seen) }], plain, true);
  const written: string[] = [];
  const socket = new Duplex({ read() {}, write: (chunk, _, done) => done(void written.push(String(chunk))) });
  for (const url of ['/chat/room?id=1', '/chat', '/chats']) {
    const request = Object.assign(new IncomingMessage(socket as never), { url });
    upgradeListenerOf(mounted)!(request, socket, Buffer.alloc(0));
  }
  expect(seen).toEqual(['/room?id=1', '/']);
  expect(written.join('')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
});

it('nobody takes upgrades where no mounted application does, or where none can be chosen', () => {
  expect(upgradeListenerOf(mountApplications([{ path: '/a', application: plain }], plain, true))).toBeNull();
  const unmanaged = mountApplications([{ path: '/chat', application: chat([]) }], plain, false);
  expect(upgradeListenerOf(unmanaged)).toBeNull();
});

/** Whose requests and upgrades they are, of several applications behind one. */
import { once } from 'node:events';
import { createServer, IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { nodeHandler } from '../../../src/adapters/node-http.js';
import { upgradeListenerOf } from '../../../src/adapters/websocket.js';
import { type Mounted, mountApplications } from '../../../src/thread/mounts.js';
import type { Application, Environ } from '../../../src/wsgi/types.js';

const unmanaged = { manageScriptName: false, ignoreScriptName: false };
const managed = { manageScriptName: true, ignoreScriptName: false };

const plain = nodeHandler(createServer());

function chat(seen: string[]) {
  const server = createServer().on('upgrade', (request) => seen.push(request.url!));
  return nodeHandler(server);
}

it('the application below whose mount the URL is takes the upgrade, and sees its own part of it', async () => {
  const seen: string[] = [];
  const mounted = mountApplications([{ path: '/chat', application: chat(seen) }], plain, managed);
  const written: string[] = [];
  const socket = new Duplex({ read() {}, write: (chunk, _, done) => done(void written.push(String(chunk))) });
  for (const url of ['/chat/room?id=1', '/chat', '/chats']) {
    const request = Object.assign(new IncomingMessage(socket as never), { url });
    upgradeListenerOf(mounted)!(request, socket, Buffer.alloc(0));
  }
  expect(seen).toEqual(['/room?id=1', '/']);
  expect(written.join('')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  // A client that was refused and stays is not waited for.
  await once(socket, 'finish');
  expect(socket.destroyed).toBe(true);
});

it('nobody takes upgrades where no mounted application does, or where none can be chosen', () => {
  expect(
    upgradeListenerOf(mountApplications([{ path: '/a', application: plain }], plain, managed)),
  ).toBeNull();
  const mounted = mountApplications([{ path: '/chat', application: chat([]) }], plain, unmanaged);
  expect(upgradeListenerOf(mounted)).toBeNull();
  const ignoring = { ...managed, ignoreScriptName: true };
  expect(
    upgradeListenerOf(mountApplications([{ path: '/chat', application: chat([]) }], plain, ignoring)),
  ).toBeNull();
});

describe('requests', () => {
  /** Answers with its name and what it sees. */
  const named =
    (name: string): Application =>
    ({ SCRIPT_NAME, PATH_INFO }) =>
      `${name} ${SCRIPT_NAME} ${PATH_INFO}`;
  const shop: Mounted = { path: '/shop', application: named('shop') };
  const main: Mounted = { path: '', application: named('main') };
  const rest = named('rest');
  const ask = (application: Application, PATH_INFO: string, SCRIPT_NAME = '') =>
    application({ PATH_INFO, SCRIPT_NAME } as Environ, (() => {}) as never);

  it('go by their path, or by the SCRIPT_NAME of the front server', () => {
    const byPath = mountApplications([shop, main], rest, managed);
    expect(ask(byPath, '/shop/a')).toBe('shop /shop /a');
    expect(ask(byPath, '/shops')).toBe('main  /shops');
    const byName = mountApplications([shop, main], rest, unmanaged);
    expect(ask(byName, '/a', '/shop')).toBe('shop /shop /a');
    expect(ask(byName, '/shop/a')).toBe('main  /shop/a');
    expect(ask(byName, '/a', '/other')).toBe('rest /other /a');
  });

  // As uWSGI 2.0.21 answers them.
  it('with ignore-script-name all go to the main one, also where the path moves', () => {
    const ignoring = mountApplications([shop, main], rest, { ...unmanaged, ignoreScriptName: true });
    expect(ask(ignoring, '/a', '/shop')).toBe('main /shop /a');
    expect(ask(ignoring, '/a', '/other')).toBe('main /other /a');
    const moving = mountApplications([shop, main], rest, { ...managed, ignoreScriptName: true });
    expect(ask(moving, '/shop/a')).toBe('main /shop /a');
    const without = mountApplications([shop], rest, { ...unmanaged, ignoreScriptName: true });
    expect(ask(without, '/a', '/shop')).toBe('rest /shop /a');
  });
});

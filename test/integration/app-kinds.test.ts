/** How applications are found: one small module for each way of being one. */
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { cleanUp, makeDirectory } from '../support/clean-up.js';
import { startServer } from '../support/server.js';
import { encodePacket, open, request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 30_000 });
afterEach(cleanUp);

const folder = fileURLToPath(new URL('../apps/kinds', import.meta.url));

async function start(...args: string[]) {
  const socket = join(await makeDirectory(), 'app.sock');
  const server = await startServer({ args: ['--socket', socket, '--disable-logging', ...args], cwd: folder });
  const get = async (path: string, changes: Record<string, string> = {}) => {
    const vars = requestVars({ REQUEST_URI: path, PATH_INFO: path, ...changes });
    return (await request(socket, { vars })).body.toString();
  };
  const found = /is ready: (.*?), 1 worker/.exec(server.lines.text)?.[1]?.replace(`${folder}/`, '');
  return { server, get, found };
}

describe('an application', () => {
  it.each([
    [['--module', 'wsgi'], 'application of wsgi.js', '|/a wsgi'],
    [['--wsgi-file', 'fetch-object.js'], 'default of fetch-object.js (fetch)', '/a fetch'],
    [['--wsgi-file', 'fetch-function.js'], 'default of fetch-function.js (fetch)', '/a fetch'],
    [['--wsgi-file', 'listener.js'], 'default of listener.js (node)', '/a listener'],
    [['--module', 'express-export'], 'default of express-export.cjs (node)', '/a express'],
    [['--module', 'koa-export:app'], 'app of koa-export.cjs (node)', '/a koa'],
    [['--module', 'fastify-export:app'], 'app of fastify-export.js (node)', '/a fastify'],
    [['--module', 'late'], 'listen(8081) of late.js (node)', '/a late'],
    [
      ['--module', 'ambiguous:handle', '--app-interface', 'node'],
      'handle of ambiguous.js (node)',
      '/a by name',
    ],
  ])('%s is %s', async (args, expected, answer) => {
    const { get, found } = await start(...args);
    expect(found).toBe(expected);
    expect(await get('/a')).toBe(answer);
  });

  it('that is not there ends the start with code 22, and a list of what is', async () => {
    const socket = join(await makeDirectory(), 'app.sock');
    const args = ['--socket', socket, '--module', 'nothing'];
    const server = await startServer({ args, cwd: folder, until: null });
    expect((await server.exited).code).toBe(22);
    expect(server.lines.text).toMatch(
      /nothing\.js does not export a function called application; it exports settings \(object\), version \(number\)/,
    );
  });
});

describe('an application that cannot be served ends the start at once:', () => {
  it.each([
    [
      'http2.js',
      /http2\.js starts an HTTP\/2 server \(listen\(\)\).*Give its listener to http\.createServer/,
    ],
    ['clustered.js', /clustered\.js forks workers with node:cluster; here processes = N does that/],
  ])('%s', async (file, said) => {
    const socket = join(await makeDirectory(), 'app.sock');
    const args = ['--socket', socket, '--wsgi-file', file];
    const server = await startServer({ args, cwd: folder, until: null });
    expect((await server.exited).code).toBe(22);
    expect(server.lines.text).toMatch(said);
  });
});

describe('an application that was wrapped by hand', () => {
  it('takes upgrades like any other', async () => {
    const { server, get } = await start('--module', 'wrapped', '--http-socket', '127.0.0.1:0');
    expect(await get('/a')).toBe('/a wrapped');
    const socket = new WebSocket(`ws://${server.addresses[1]}/`);
    const [welcome] = await once(socket, 'message');
    expect(String(welcome)).toBe('welcome');
    socket.close();
    const vars = requestVars({
      HTTP_CONNECTION: 'Upgrade',
      HTTP_UPGRADE: 'websocket',
      HTTP_SEC_WEBSOCKET_VERSION: '13',
      HTTP_SEC_WEBSOCKET_KEY: 'dGhlIHNhbXBsZSBub25jZQ==',
    });
    const pipe = await open(server.address);
    pipe.write(encodePacket(vars));
    let received = '';
    for await (const chunk of pipe) {
      received += (chunk as Buffer).toString('latin1');
      if (received.endsWith('welcome')) break;
    }
    expect(received).toMatch(/^HTTP\/1\.1 101 /);
  });
});

describe('mounted applications', () => {
  const mounts = ['--mount', '/shop=wsgi', '--mount', '/shop/web=fetch-object', '--module', 'listener'];

  it('are chosen by the path with manage-script-name, the longest first', async () => {
    const { get, found } = await start(...mounts, '--manage-script-name');
    expect(found?.replaceAll(`${folder}/`, '')).toBe(
      'default of listener.js (node), /shop: application of wsgi.js, /shop/web: default of fetch-object.js (fetch)',
    );
    expect(await get('/shop/cart')).toBe('/shop|/cart wsgi');
    expect(await get('/shop')).toBe('/shop| wsgi');
    expect(await get('/shop/web/page')).toBe('/page fetch');
    expect(await get('/shopping')).toBe('/shopping listener');
  });

  it('are chosen by SCRIPT_NAME without it', async () => {
    const { get } = await start(...mounts);
    expect(await get('/shop/cart')).toBe('/shop/cart listener');
    expect(await get('/cart', { SCRIPT_NAME: '/shop' })).toBe('/shop|/cart wsgi');
  });
});

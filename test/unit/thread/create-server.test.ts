/** The server inside a program: where it listens, what it leaves behind, and what it is told wrongly. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { createServer, type Server } from '../../../src/thread/create-server.js';
import type { ListenOptions, ServerOptions } from '../../../src/thread/server-options.js';
import type { Application } from '../../../src/wsgi/types.js';
import { makeDirectory } from '../../support/clean-up.js';
import { request } from '../../support/uwsgi-client.js';

const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return 'hello';
};

function latch(): { open: () => void; opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const servers: Server[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function listen(options: ListenOptions, application = hello): Promise<Server> {
  const server = await createServer(application).listen(options);
  servers.push(server);
  return server;
}

it('listens on a unix socket with the mode that was asked for, and takes its file away', async () => {
  const socket = join(await makeDirectory(), 'app.sock');
  const server = await listen({ socket, mode: 0o640 });
  expect(server.address()).toBe(socket);
  expect(statSync(socket).mode & 0o777).toBe(0o640);
  expect((await request(socket)).body.toString()).toBe('hello');
  await server.close();
  expect([existsSync(socket), server.address()]).toEqual([false, null]);
});

it('listens on a port that the kernel chooses', async () => {
  const { address, family, port } = (await listen({ port: 0 })).address() as {
    address: string;
    family: string;
    port: number;
  };
  expect([address, family]).toEqual(['127.0.0.1', 'IPv4']);
  expect((await request(`127.0.0.1:${port}`)).body.toString()).toBe('hello');
});

it('speaks HTTP where it is told to', async () => {
  const { port } = (await listen({ port: 0, protocol: 'http' })).address() as { port: number };
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('hello');
});

it('lets a request finish when it is closed, and may listen again', async () => {
  const socket = join(await makeDirectory(), 'app.sock');
  const [called, go] = [latch(), latch()];
  const server = await listen({ socket }, async (environ, startResponse) => {
    called.open();
    await go.opened;
    return hello(environ, startResponse);
  });
  const answer = request(socket);
  await called.opened;
  const closed = server.close();
  go.open();
  await closed;
  expect((await answer).body.toString()).toBe('hello');
  await server.listen({ socket });
  expect((await request(socket)).body.toString()).toBe('hello');
});

it('takes the place of a socket that a killed server has left, not of one that is in use', async () => {
  const socket = join(await makeDirectory(), 'app.sock');
  const left = `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', left]);
  expect(existsSync(socket)).toBe(true);
  await listen({ socket });
  await expect(createServer(hello).listen({ socket })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

it('leaves a file alone that is not its own any more', async () => {
  const socket = join(await makeDirectory(), 'app.sock');
  const server = await listen({ socket });
  rmSync(socket);
  const other = createNetServer();
  await new Promise<void>((resolve) => other.listen(socket, resolve));
  await server.close();
  expect(existsSync(socket)).toBe(true);
  await new Promise((resolve) => other.close(resolve));
});

it.each<[string, ServerOptions, ListenOptions, RegExp]>([
  [
    'a misspelt option',
    { bufersize: 1 } as ServerOptions,
    {},
    /createServer\(\) has no option bufersize; it takes bufferSize, /,
  ],
  [
    'text',
    { limitPost: '10' } as never,
    {},
    /createServer\(\): limitPost must be a whole number of at least 0, not '10'/,
  ],
  [
    'nothing that can be',
    { async: 0 },
    {},
    /createServer\(\): async must be a whole number of at least 1, not 0/,
  ],
  ['no port', {}, { port: 99_999 }, /listen\(\): port must be a whole number from 0 to 65535, not 99999/],
  [
    'no protocol',
    {},
    { port: 0, protocol: 'htp' as never },
    /protocol must be one of uwsgi, http, fastcgi, scgi, not 'htp'/,
  ],
])('refuses %s, and says what is wrong with it', async (_what, options, listening, message) => {
  const tried = async () => createServer(hello, options).listen(listening);
  await expect(tried()).rejects.toThrow(message);
  await expect(tried()).rejects.toMatchObject({ code: 'UWSGI_OPTION' });
});

it('takes undefined for a value that was not given', async () => {
  const server = createServer(hello, { bufferSize: undefined, async: undefined });
  servers.push(await server.listen({ port: '0', mode: undefined, host: undefined }));
  const { port } = server.address() as { port: number };
  expect((await request(`127.0.0.1:${port}`)).body.toString()).toBe('hello');
});

it('names the address that it cannot have, and may be asked for another then', async () => {
  const { port } = (await listen({ port: 0 })).address() as { port: number };
  const server = createServer(hello);
  await expect(server.listen({ port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: `cannot listen on 127.0.0.1:${port}: bind: Address already in use`,
  });
  const [first, second] = await Promise.allSettled([server.listen({ port: 0 }), server.listen({ port: 0 })]);
  servers.push(server);
  expect([first.status, second]).toMatchObject(['fulfilled', { reason: { code: 'UWSGI_LISTENING' } }]);
});

it('says what it is told wrongly', async () => {
  await expect(createServer(hello).listen(undefined as never)).rejects.toMatchObject({
    code: 'UWSGI_LISTEN_ADDRESS',
  });
  expect(() => createServer({} as Application)).toThrow(/needs an application/);
  await expect(createServer(hello).listen({})).rejects.toMatchObject({ code: 'UWSGI_LISTEN_ADDRESS' });
  await expect(createServer(hello).listen({ socket: 'a', port: 1 })).rejects.toMatchObject({
    code: 'UWSGI_LISTEN_ADDRESS',
  });
  const server = await listen({ port: 0 });
  await expect(server.listen({ port: 0 })).rejects.toMatchObject({ code: 'UWSGI_LISTENING' });
});

it.each(['uwsgi', 'http'])('keeps its program until it is told not to, over %s', (protocol) => {
  const index = new URL('../../../dist/index.js', import.meta.url).href;
  const code = `
    import { createServer } from ${JSON.stringify(index)};
    const server = await createServer(() => 'x').listen({ port: 0, protocol: '${protocol}' });
    setTimeout(() => { console.log('still here'); server.unref(); }, 50).unref();
  `;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect([run.stdout, run.stderr, run.status]).toEqual(['still here\n', '', 0]);
});

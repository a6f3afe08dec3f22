import { lstatSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { SocketSetting } from '../../../src/config/settings.js';
import { backlogOf, bindListeners, missingIn, removeSockets } from '../../../src/master/listeners.js';
import type { ListenOptions } from '../../../src/native.js';
import { cleanUp, makeDirectory, onCleanUp } from '../../support/clean-up.js';

afterEach(cleanUp);

const origin = { file: 'myapp.ini', line: 7 };
const socket = (address: string, protocol: SocketSetting['protocol'] = 'uwsgi') => ({
  address,
  protocol,
  origin,
});
const settings = (...sockets: SocketSetting[]) => ({ sockets, chmodSocket: 0o664, chownSocket: null });
const nobody = { uid: null, gid: null };

/** Makes the file of a socket as the addon does, by listening with Node; records the calls. */
class FakeBinder {
  readonly calls: [string, ListenOptions][] = [];
  readonly closed: number[] = [];

  bindListener(address: string, options: ListenOptions) {
    this.calls.push([address, options]);
    if (address === 'nobody.invalid:80')
      throw Object.assign(new Error('getaddrinfo'), { code: 'EADDRNOTAVAIL', syscall: 'getaddrinfo' });
    if (address === 'taken:80' || (address === 'leaving:80' && this.calls.length < 3))
      throw Object.assign(new Error('bind EADDRINUSE'), { code: 'EADDRINUSE' });
    const fd = 100 + this.calls.length;
    const colon = address.lastIndexOf(':');
    if (colon >= 0) {
      const name = `${address.slice(0, colon) || '0.0.0.0'}:${address.endsWith(':0') ? 4711 : address.slice(colon + 1)}`;
      return { fd, name, family: 'inet' as const };
    }
    if (!address.startsWith('@')) writeFileSync(address, '');
    return { fd, name: address, family: 'unix' as const };
  }

  closeFd(fd: number): void {
    this.closed.push(fd);
  }
}

async function listenAt(path: string): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onCleanUp(() => void server.close());
  return server;
}

/** A socket file whose owner was killed: Node removes it when it closes, so it is moved away meanwhile. */
async function staleSocket(path: string): Promise<void> {
  const server = await listenAt(`${path}.living`);
  renameSync(`${path}.living`, path);
  await new Promise((resolve) => server.close(resolve));
}

describe('bindListeners', () => {
  it('passes address, backlog and mode on, and keeps the absolute path of the file', async () => {
    const path = join(await makeDirectory(), 'app.sock');
    const binder = new FakeBinder();
    const { listeners, warnings } = await bindListeners(settings(socket(path)), 99, nobody, binder);
    expect(binder.calls).toEqual([[path, { backlog: 99, mode: 0o664 }]]);
    const { dev: device, ino: inode } = lstatSync(path);
    expect(listeners).toEqual([
      {
        fd: 101,
        address: path,
        name: path,
        protocol: 'uwsgi',
        family: 'unix',
        assigned: false,
        passed: false,
        file: { path, device, inode },
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it('names the port the kernel chose', async () => {
    const { listeners } = await bindListeners(settings(socket('127.0.0.1:0')), 1, nobody, new FakeBinder());
    expect(listeners[0]).toMatchObject({ name: '127.0.0.1:4711', assigned: true, file: null });
  });

  it('removes a socket that a killed server left', async () => {
    const path = join(await makeDirectory(), 'app.sock');
    await staleSocket(path);
    const { warnings } = await bindListeners(settings(socket(path)), 1, nobody, new FakeBinder());
    expect(warnings).toEqual([]);
    expect(lstatSync(path).isFile()).toBe(true);
  });

  it('takes the place of a living server, and warns', async () => {
    const path = join(await makeDirectory(), 'app.sock');
    await listenAt(path);
    const { warnings } = await bindListeners(settings(socket(path)), 1, nobody, new FakeBinder());
    expect(warnings).toEqual([expect.stringContaining(`another process listened on ${path}`)]);
  });

  it('does not remove a file that is no socket', async () => {
    const path = join(await makeDirectory(), 'precious');
    writeFileSync(path, 'data');
    await expect(bindListeners(settings(socket(path)), 1, nobody, new FakeBinder())).rejects.toThrow(
      `myapp.ini:7: cannot listen on ${path}: a file that is not a socket is in the way`,
    );
    expect(lstatSync(path).size).toBe(4);
  });

  it('takes over what is open already, under whatever protocol, and binds only the rest', async () => {
    const path = join(await makeDirectory(), 'app.sock');
    const binder = new FakeBinder();
    const before = await bindListeners(settings(socket(path), socket('127.0.0.1:0')), 1, nobody, binder);
    const http = socket('127.0.0.1:0', 'http');
    const wanted = settings(http, socket(path), socket('@new'));
    const after = await bindListeners(wanted, 1, nobody, binder, before.listeners);
    expect(binder.calls).toHaveLength(3);
    expect(after.warnings).toEqual([]);
    const [unix, tcp] = before.listeners;
    expect(after.listeners.slice(0, 2)).toEqual([{ ...tcp, protocol: 'http' }, unix]);
    expect(missingIn(before.listeners, after.listeners)).toEqual([after.listeners[2]]);
  });

  it('binds again where somebody has removed the file', async () => {
    const path = join(await makeDirectory(), 'app.sock');
    const binder = new FakeBinder();
    const before = await bindListeners(settings(socket(path)), 1, nobody, binder);
    unlinkSync(path);
    await bindListeners(settings(socket(path)), 1, nobody, binder, before.listeners);
    expect(binder.calls).toHaveLength(2);
  });

  it('leaves what was open alone when a new socket fails', async () => {
    const path = join(await makeDirectory(), 'app.sock');
    const binder = new FakeBinder();
    const before = await bindListeners(settings(socket(path)), 1, nobody, binder);
    const wanted = settings(socket(path), socket('nobody.invalid:80'));
    await expect(bindListeners(wanted, 1, nobody, binder, before.listeners)).rejects.toThrow();
    expect(binder.closed).toEqual([]);
    expect(lstatSync(path, { throwIfNoEntry: false })).toBeDefined();
  });

  it('undoes what it bound when a later socket fails, and says where it was asked for', async () => {
    const path = join(await makeDirectory(), 'app.sock');
    const binder = new FakeBinder();
    const failing = bindListeners(settings(socket(path), socket('taken:80')), 1, nobody, binder);
    await expect(failing).rejects.toMatchObject({
      code: 'UWSGI_BIND',
      message: expect.stringContaining(
        'myapp.ini:7: cannot listen on taken:80: bind EADDRINUSE; another process',
      ),
    });
    expect(binder.closed).toEqual([101]);
    expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('waits for those who are about to leave an address', async () => {
    const binder = new FakeBinder();
    const { listeners } = await bindListeners(settings(socket('leaving:80')), 1, nobody, binder);
    expect(listeners).toMatchObject([{ name: 'leaving:80', fd: 103 }]);
  });

  it('says that a name has no address, and where it is written', async () => {
    await expect(
      bindListeners(settings(socket('nobody.invalid:80')), 9, nobody, new FakeBinder()),
    ).rejects.toThrow(
      'myapp.ini:7: cannot listen on nobody.invalid:80: the name nobody.invalid has no address',
    );
  });

  it('warns of a uwsgi socket that everybody can reach, not of an HTTP one', async () => {
    const { warnings } = await bindListeners(
      settings(socket(':3031'), socket(':8080', 'http'), socket('127.0.0.1:3032')),
      1,
      nobody,
      new FakeBinder(),
    );
    expect(warnings).toEqual([expect.stringContaining('the uwsgi socket 0.0.0.0:3031 can be reached')]);
  });

  it('refuses an unknown owner before anything is bound', async () => {
    const binder = new FakeBinder();
    const wanted = { ...settings(socket('@x')), chownSocket: 'nobdy:33' };
    await expect(bindListeners(wanted, 1, nobody, binder)).rejects.toThrow('chown-socket = nobdy');
    expect(binder.calls).toEqual([]);
  });
});

describe('removeSockets', () => {
  async function bound() {
    const path = join(await makeDirectory(), 'app.sock');
    const { listeners } = await bindListeners(
      settings(socket(path), socket('@x')),
      1,
      nobody,
      new FakeBinder(),
    );
    return { path, listeners };
  }

  it('removes the file and says so', async () => {
    const { path, listeners } = await bound();
    expect(removeSockets(listeners)).toEqual([`VACUUM: unix socket ${path} removed.`]);
    expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('leaves a socket that another instance put there meanwhile', async () => {
    const { path, listeners } = await bound();
    writeFileSync(`${path}.new`, 'theirs');
    renameSync(`${path}.new`, path);
    expect(removeSockets(listeners)).toEqual([
      `VACUUM WARNING: unix socket ${path} changed inode. Skip removal`,
    ]);
    expect(lstatSync(path).size).toBe(6);
  });

  it('says nothing of a file that is gone already', async () => {
    const { path, listeners } = await bound();
    rmSync(path);
    expect(removeSockets(listeners)).toEqual([]);
  });
});

describe('backlogOf', () => {
  it.each([
    [null, 128, 128],
    [null, 65_535, 4096],
    [100, 128, 100],
    [128, 128, 128],
  ])('listen = %s with somaxconn %i gives %i', (listen, limit, length) => {
    expect(backlogOf(listen, limit)).toEqual({ length, warning: null });
  });

  it('takes what the kernel grants and warns', () => {
    const { length, warning } = backlogOf(1000, 128);
    expect(length).toBe(128);
    expect(warning).toContain('listen = 1000 is more than net.core.somaxconn allows: 128 is used');
  });
});

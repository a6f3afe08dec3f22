/** Under systemd: its datagrams, its sockets. Python plays the receiver, systemd-socket-activate the manager. */
import { spawnSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { behaviours, Instance } from '../support/instance.js';
import { receiveNotifications } from '../support/notify-socket.js';
import { freePort } from '../support/ports.js';
import { findProgram, missingPrograms, skipped } from '../support/requirements.js';
import { CLI, READY, type RunningServer, startServer } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 60_000 });

const examples = fileURLToPath(new URL('../../examples', import.meta.url));

let instance: Instance;
beforeEach(async () => {
  instance = await Instance.make();
});
afterEach(cleanUp);

describe.skipIf(skipped('unit files', missingPrograms('systemd-analyze')))(
  'the units of the examples',
  () => {
    it.each(['systemd/shop.service', 'tutorial/myapp.service'])(
      '%s is one that systemd takes',
      async (name) => {
        const folder = join(examples, dirname(name));
        for (const file of await readdir(folder)) {
          if (!/\.(service|socket)$/.test(file)) continue;
          const text = await readFile(join(folder, file), 'utf8');
          // Where the package is installed there is such a program.
          await writeFile(
            join(instance.folder, file),
            text.replace(/^ExecStart=.*uwsgi-node /m, 'ExecStart=/bin/true '),
          );
        }
        const unit = join(instance.folder, basename(name));
        const { stderr, status } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
        expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
      },
    );
  },
);

describe('Type=notify', () => {
  it.each(['path', 'abstract'])(
    'is told of start, reload and stop over a socket with %s name',
    async (kind) => {
      const address = kind === 'path' ? join(instance.folder, 'notify') : `@uwsgi-node-notify-${process.pid}`;
      const said = await receiveNotifications(address);
      const env = { NOTIFY_SOCKET: address };
      const server = await instance.startWith({ env }, '--processes', '2');
      await said.waitFor(/^READY=1 \| STATUS=2 workers of uwsgi-node$/);
      // The application, too, could speak to systemd, and would be taken for the server.
      expect(await instance.textOf('/environment', 'NOTIFY_SOCKET')).toBe('undefined');
      server.kill('SIGHUP');
      const before = process.hrtime.bigint() / 1000n;
      const [, time] = await said.waitFor(/^RELOADING=1 \| MONOTONIC_USEC=(\d+) \| STATUS=/);
      expect(Math.abs(Number(BigInt(time!) - before))).toBeLessThan(10_000_000);
      await said.waitFor(/^READY=1/, { from: 3 });
      await server.stop();
      await said.waitFor(/^STOPPING=1 \| STATUS=/);
      expect(said.all.map((line) => line.slice(0, 7))).toEqual([
        'bound',
        'READY=1',
        'RELOADI',
        'READY=1',
        'STOPPIN',
      ]);
    },
  );

  it('is told that all is well again after a reload that was refused', async () => {
    const address = join(instance.folder, 'notify');
    const said = await receiveNotifications(address);
    const env = { NOTIFY_SOCKET: address, WATCHDOG_USEC: '200000' };
    const ini = join(instance.folder, 'app.ini');
    await writeFile(ini, '[uwsgi]\nif-reload = true\nprocesses = many\nendif =\n');
    const server = await instance.startWith({ env }, '--ini', ini);
    await said.waitFor(/^WATCHDOG=1$/);
    server.kill('SIGHUP');
    await said.waitFor(/^RELOADING=1/);
    await said.waitFor(/^READY=1/, { from: said.all.findIndex((line) => line.startsWith('RELOADING')) });
  });

  it('is not needed: a socket that is gone costs one line', async () => {
    const env = { NOTIFY_SOCKET: join(instance.folder, 'nobody') };
    const server = await instance.startWith({ env });
    await server.lines.waitFor(/^\*\*\* WARNING: systemd cannot be told how the server is: .*No such file/);
    expect((await instance.get('/')).status).toBe(200);
  });
});

describe.skipIf(skipped('socket activation', missingPrograms('systemd-socket-activate')))(
  'socket activation',
  () => {
    /** The manager starts the server with the first connection. */
    const activate = (sockets: string[], ...args: string[]): Promise<RunningServer> =>
      startServer({
        command: [findProgram('systemd-socket-activate')!, ...sockets, process.execPath, CLI],
        args: ['--master', '--vacuum', '--wsgi-file', behaviours, ...args],
        until: /^Listening on .* as 3/,
      });
    const ask = (address: string, path = '/') => request(address, { vars: requestVars({ PATH_INFO: path }) });

    it('takes the socket that the ini names, over reloads, and leaves its file alone', async () => {
      const server = await activate(['-l', instance.socketPath], '--socket', instance.socketPath);
      // It waits in the queue until there is a worker.
      expect((await instance.get('/')).status).toBe(200);
      const escaped = instance.socketPath.replaceAll('.', '\\.');
      await server.lines.waitFor(new RegExp(`^uwsgi socket 0 inherited UNIX address ${escaped} fd 3$`));
      const from = server.lines.position;
      server.kill('SIGHUP');
      await server.lines.waitFor(READY, { from });
      await server.lines.waitFor(/^worker 1 killed successfully/);
      expect((await instance.get('/')).status).toBe(200);
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      expect((await stat(instance.socketPath)).isSocket()).toBe(true);
    });

    it('serves what it is given where the ini names nothing, in the protocol of its name', async () => {
      const address = `127.0.0.1:${await freePort()}`;
      await activate(['-l', instance.socketPath, '-l', address, '--fdname=app.socket:http']);
      expect((await instance.get('/')).status).toBe(200);
      expect((await fetch(`http://${address}/`)).status).toBe(200);
    });

    it('binds what it is not given, and tells what it does not serve', async () => {
      const other = join(instance.folder, 'other.sock');
      const server = await activate(['-l', instance.socketPath], '--socket', other);
      const waiting = instance.get('/').catch(() => null);
      await server.lines.waitFor(READY);
      expect((await ask(other)).status).toBe(200);
      expect(
        server.lines.matching(/WARNING: systemd has passed the socket .* nobody serves it/),
      ).toHaveLength(1);
      await server.stop();
      await waiting;
    });

    it('says so when the sockets are lost on the way', async () => {
      const server = await startServer({
        args: ['--wsgi-file', behaviours],
        env: { LISTEN_PID: '1', LISTEN_FDS: '1' },
        until: null,
      });
      expect(await server.exited).toEqual({ code: 1, signal: null });
      expect(server.lines.text).toContain('systemd has passed sockets to the process 1 and not to this one');
    });
  },
);

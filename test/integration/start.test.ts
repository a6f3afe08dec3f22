/** How a server starts, or refuses to, with real processes: what it prints, binds, gives up and hands on. */
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { behaviours, broken, Instance } from '../support/instance.js';
import { findUser, notRoot, skipped } from '../support/requirements.js';
import { CLI, READY, startServer } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 30_000 });

/** READY, somewhere in a file. */
const READY_LINE = /^\*\*\* uwsgi-node is ready: /m;

let instance: Instance;
beforeEach(async () => {
  instance = await Instance.make();
});
afterEach(cleanUp);

const commandLine = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').replace(/\0+$/, '');

describe('a start', () => {
  it('makes one master and as many workers as asked, all under the command line as title', async () => {
    const server = await instance.start('--processes', '5');
    expect(server.workers).toHaveLength(5);
    const title = `uwsgi-node --master --vacuum --socket ${instance.socketPath} --wsgi-file ${behaviours} --processes 5`;
    for (const pid of [server.pid, ...server.workers]) expect(commandLine(pid)).toBe(title);
  });

  it('fits a title of any length', async () => {
    const long = `long=${'x'.repeat(5_000)}`;
    const server = await instance.start('--set-placeholder', long);
    for (const pid of [server.pid, ...server.workers]) {
      expect(commandLine(pid)).toMatch(/^uwsgi-node --master .*x{5000}$/);
    }
  });

  it('prints the lines of uWSGI in their order', async () => {
    const server = await instance.start('--processes', '2', '--threads', '2');
    const expected = [
      /^\*\*\* Starting uwsgi-node \d+\.\d+\.\d+ \(64bit\) on \[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\] \*\*\*$/,
      /^current working directory: \//,
      /^Node\.js version: v\d+/,
      /^uwsgi socket 0 bound to UNIX address \/.*\/app\.sock fd \d+$/,
      /^your server socket listen backlog is limited to \d+ connections$/,
      /^\*\*\* Operational MODE: preforking\+threaded \*\*\*$/,
      /^spawned uWSGI master process \(pid: \d+\)$/,
      /^spawned uWSGI worker 1 \(pid: \d+, cores: 2\)$/,
      /^spawned uWSGI worker 2 \(pid: \d+, cores: 2\)$/,
      /^WSGI app 0 \(mountpoint=''\) ready in \d+ seconds on interpreter \S+ pid: \d+ \(default app\)$/,
      READY,
    ];
    const places = expected.map((pattern) => server.lines.all.findIndex((line) => pattern.test(line)));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('sets the bits of chmod-socket and removes the socket at the end', async () => {
    const server = await instance.start('--chmod-socket=664');
    expect(lstatSync(instance.socketPath).mode & 0o777).toBe(0o664);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(lstatSync(instance.socketPath, { throwIfNoEntry: false })).toBeUndefined();
    expect(server.lines.all).toContain(`VACUUM: unix socket ${instance.socketPath} removed.`);
  });

  it('leaves the socket of a server that took its place', async () => {
    const first = await instance.start();
    const second = await instance.start();
    expect(second.lines.matching(/another process listened on/)).toHaveLength(1);
    await first.stop();
    expect(first.lines.matching(/VACUUM WARNING: .* changed inode/)).toHaveLength(1);
    expect((await instance.get('/')).status).toBe(200);
  });

  it('takes the place of a socket that a killed server left', async () => {
    const first = await instance.start();
    await first.destroy();
    expect(lstatSync(instance.socketPath).isSocket()).toBe(true);
    const second = await instance.start();
    expect(second.lines.matching(/WARNING: another process/)).toEqual([]);
    expect((await instance.get('/')).status).toBe(200);
  });

  it('resolves a relative socket after chdir, where the application works, too', async () => {
    const inner = join(instance.folder, 'inner');
    mkdirSync(inner);
    const args = ['--master', '--socket', 'inner.sock', '--wsgi-file', behaviours, '--chdir', inner];
    const server = await startServer({ args, cwd: instance.folder });
    expect(server.address).toBe(join(inner, 'inner.sock'));
    const vars = requestVars({ PATH_INFO: '/working-directory' });
    expect((await request(server.address, { vars })).body.toString()).toBe(inner);
  });

  it('writes its log, and that of the workers, to the file of logto', async () => {
    const log = join(instance.folder, 'server.log');
    const server = await instance.startWith({ until: null }, '--logto', log);
    await expect.poll(() => readFileSync(log, 'utf8'), { timeout: 10_000 }).toMatch(READY_LINE);
    expect((await instance.get('/')).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(readFileSync(log, 'utf8')).toMatch(
      /^\*\*\* Starting uwsgi-node .*\n(?:.*\n)*goodbye to uwsgi-node\.\nVACUUM: .*\n$/m,
    );
    expect(statSync(log).mode & 0o777).toBe(0o640);
    expect(server.lines.text).toBe('');
  });

  it('obeys umask where chmod-socket says nothing', async () => {
    await instance.start('--umask', '027');
    expect(lstatSync(instance.socketPath).mode & 0o777).toBe(0o750);
  });

  it('goes on without an application when need-app is false', async () => {
    const server = await startServer({ args: instance.args('--wsgi-file', broken, '--need-app=false') });
    expect(server.lines.matching(/broken on purpose/)).not.toEqual([]);
    expect(server.lines.matching(READY)[0]).toContain('no application');
    expect((await instance.get('/')).status).toBe(500);
  });

  it('says what serves HTTP', async () => {
    const server = await startServer({
      args: ['--http-socket', '127.0.0.1:0', '--wsgi-file', behaviours, '--processes', '2'],
    });
    expect(server.lines.matching(/^HTTP is served by (uWebSockets\.js|node:http)$/)).toHaveLength(1);
    const answer = await fetch(`http://${server.address}/`);
    expect(await answer.text()).toMatch(/^\d+ \d+$/);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(server.lines.matching(/^worker \d buried after \d+ seconds$/)).toHaveLength(2);
  });

  it('hands the environment on as env and unenv say', async () => {
    await instance.start('--env', 'COLOUR=blue');
    expect(await instance.textOf('/environment', 'COLOUR')).toBe('blue');
  });
});

describe.skipIf(skipped('privileges', notRoot()))('privileges', () => {
  it('are given up before the application runs, and the socket goes to the new owner', async () => {
    const { uid } = findUser('www-data')!;
    const gid = findUser('nobody')!.gid;
    const server = await instance.start('--uid', 'www-data', '--gid', String(gid));
    expect(await instance.textOf('/identity')).toBe(`${uid} ${gid} ${gid}`);
    expect(server.lines.matching(/^set[ug]id\(\) to/)).toEqual([`setgid() to ${gid}`, `setuid() to ${uid}`]);
    expect(readFileSync(`/proc/${server.pid}/status`, 'ascii')).toMatch(
      new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, 'm'),
    );
    expect(lstatSync(instance.socketPath)).toMatchObject({ uid, gid });
  });

  it('are given up before the file of logto2 is made', async () => {
    const { uid, gid } = findUser('www-data')!;
    chownSync(instance.folder, uid, gid);
    const log = join(instance.folder, 'server.log');
    await startServer({
      args: ['-s', instance.socketPath, '-w', 'behaviours', '--chdir', dirname(behaviours)].concat([
        '--uid',
        'www-data',
        '--gid',
        'www-data',
        '--logto2',
        log,
      ]),
      until: null,
    });
    await expect
      .poll(() => existsSync(log) && readFileSync(log, 'utf8'), { timeout: 10_000 })
      .toMatch(READY_LINE);
    expect(statSync(log)).toMatchObject({ uid, gid });
  });

  it('are warned of when they are kept', async () => {
    const server = await instance.start();
    expect(server.lines.matching(/WARNING: you are running uwsgi-node as root/)).toHaveLength(1);
  });

  it('give the socket to whom chown-socket names', async () => {
    await instance.start('--chown-socket', 'nobody:www-data');
    expect(lstatSync(instance.socketPath)).toMatchObject({
      uid: findUser('nobody')!.uid,
      gid: findUser('www-data')!.gid,
    });
  });
});

describe('a start that fails', () => {
  it('ends with code 22 when the application cannot be loaded, with its stack in the log', async () => {
    const args = instance.args('--wsgi-file', broken, '--processes', '2');
    const server = await startServer({ args }).catch((error: Error) => error);
    expect(server).toBeInstanceOf(Error);
    expect(String(server)).toContain('broken on purpose');
    expect(String(server)).toMatch(/at .*broken\.js:2/);
    expect(String(server)).toContain('no app loaded. GAME OVER');
  });

  it('leaves neither a process nor a socket behind', async () => {
    const args = instance.args('--wsgi-file', broken, '--processes', '3');
    const server = await startServer({ args, until: null });
    expect(await server.exited).toEqual({ code: 22, signal: null });
    expect(server.group).toEqual([]);
    expect(lstatSync(instance.socketPath, { throwIfNoEntry: false })).toBeUndefined();
    expect(server.lines.matching(/^Error: broken on purpose/)).toHaveLength(1);
  });

  it.each([
    ['an unknown option', ['--sokcet', 'x.sock'], /sokcet/],
    ['a value that is no number', ['--processes', 'four'], /"four" is not a whole number/],
    ['a directory that is not there', ['--chdir', '/nonexistent'], /chdir = \/nonexistent: cannot work/],
    ['a log file that cannot be written', ['--logto', '/nonexistent/x.log'], /logto = \/nonexistent\/x\.log/],
    [
      'a socket that cannot be bound',
      ['--socket', '/nonexistent/x.sock'],
      /cannot listen on \/nonexistent\/x\.sock/,
    ],
  ])('ends with code 1 and the reason on stderr: %s', async (_, args, reason) => {
    const server = await instance.startWith({ until: null }, ...args);
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.lines.text).toMatch(reason);
  });

  it('does not remove a file that is in the way of a socket', async () => {
    writeFileSync(instance.socketPath, 'precious');
    await expect(instance.start()).rejects.toThrow('a file that is not a socket is in the way');
    expect(readFileSync(instance.socketPath, 'utf8')).toBe('precious');
  });
});

describe('help and version', () => {
  it.each([
    ['--version', /^\d+\.\d+\.\d+\n$/],
    ['--help', /--socket/],
  ])('%s goes to stdout with code 0', (flag, text) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, flag], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toMatch(text);
    expect(stderr).toBe('');
  });
});

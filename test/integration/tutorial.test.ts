/**
 * The tutorial, step by step as examples/tutorial/README.md prints it, by the people it is meant for: an ordinary user
 * installs the packed package into an empty folder, a service runs it with nginx's group, nginx serves it as www-data.
 * What is substituted is what the tutorial tells its reader to substitute: the home directory, the server name, the port.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanUp, makeDirectory, onCleanUp } from '../support/clean-up.js';
import { type Nginx, startNginx } from '../support/nginx.js';
import { findProgram, findUser, missingPrograms, notRoot, skipped } from '../support/requirements.js';
import { type RunningServer, startServer } from '../support/server.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const example = (name: string) => join(repository, 'examples/tutorial', name);
const readme = readFileSync(example('README.md'), 'utf8');

const heading = "<h1 style='color:blue'>Hello There!</h1>";
const reasons = [
  notRoot(),
  missingPrograms('nginx', 'npm', 'npx', 'curl', 'ps', 'useradd', 'userdel', 'getent'),
];

/** An ordinary user with a home directory of this test's own. */
interface Reader {
  uid: number;
  gid: number;
  home: string;
  /** `~/myapp` */
  folder: string;
}

/** A command of the page, by the user who reads it. */
function run(reader: Reader, command: string): string {
  expect(readme.replace('uwsgi-node\n', './uwsgi-node-*.tgz\n')).toContain(`\n    ${command}\n`);
  const { uid, gid, home: HOME, folder: cwd } = reader;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd,
    uid,
    gid,
    env: { PATH: process.env.PATH, HOME },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return stdout;
}

function makeReader(home: string): Reader {
  if (findUser('demo') === null) {
    expect(spawnSync(findProgram('useradd')!, ['--system', '--no-create-home', 'demo']).status).toBe(0);
    onCleanUp(() => void spawnSync(findProgram('userdel')!, ['demo']));
  }
  const user = findUser('demo')!;
  const folder = join(home, 'myapp');
  mkdirSync(folder);
  for (const path of [home, folder]) chownSync(path, user.uid, user.gid);
  return { ...user, home, folder };
}

/** What the reader's editor does: the example's file, in the reader's folder. */
function write(reader: Reader, name: string): void {
  const target = join(reader.folder, name);
  copyFileSync(example(name), target);
  chownSync(target, reader.uid, reader.gid);
}

const atHome = (text: string, { home }: Reader) => text.replaceAll('/home/demo', home);

/** The keys of a unit's [Service] section. */
function readUnit(text: string): Record<string, string> {
  const section = /^\[Service\]\n((?:[^[].*\n|\n)*)/m.exec(text)![1]!;
  return Object.fromEntries([...section.matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]));
}

async function isFree(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const [error] = await Promise.race([once(socket, 'connect'), once(socket, 'error')]).catch((reason) => [
    reason,
  ]);
  socket.destroy();
  return error !== undefined;
}

describe.skipIf(skipped('the tutorial', ...reasons))('the tutorial', () => {
  let reader: Reader;
  let server: RunningServer;
  let nginx: Nginx;

  beforeAll(async () => {
    reader = makeReader(await makeDirectory());
    // Without prepack's build, which takes dist/ away for a moment: other tests run from it.
    for (const step of [
      ['run', 'binary'],
      ['pack', '--ignore-scripts', '--pack-destination', reader.folder],
      ['run', 'postpack'],
    ]) {
      expect(spawnSync('npm', step, { cwd: repository }).status).toBe(0);
    }
  }, 180_000);
  afterAll(cleanUp);

  it('installs the server into an empty folder', { timeout: 120_000 }, () => {
    expect(readdirSync(reader.folder)).toEqual([expect.stringMatching(/^uwsgi-node-.*\.tgz$/)]);
    run(reader, 'npm install ./uwsgi-node-*.tgz');
    expect(existsSync(join(reader.folder, 'node_modules/.bin/uwsgi-node'))).toBe(true);
  });

  it('shows its version', () => {
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(run(reader, 'npx uwsgi-node --version')).toBe(`${version}\n`);
  });

  it('serves the application over HTTP until CTRL-C', async () => {
    write(reader, 'wsgi.js');
    const command = 'npx uwsgi-node --socket 0.0.0.0:8080 --protocol=http -w wsgi';
    expect(readme).toContain(`\n    ${command}\n`);
    const port = (await isFree(8080)) ? '8080' : '8081';
    const [npx, name, ...args] = command.replace('8080', port).split(' ');
    const { uid, gid, folder: cwd, home: HOME } = reader;
    server = await startServer({ command: [npx!, name!], args, cwd, uid, gid, env: { HOME } });

    const curl = spawnSync('curl', ['--silent', '--include', `http://localhost:${port}/`], {
      encoding: 'utf8',
    });
    expect(curl.stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(curl.stdout).toMatch(/\r\ncontent-type: text\/html\r\n/i);
    expect(curl.stdout.endsWith(`\r\n\r\n${heading}`)).toBe(true);

    server.killGroup('SIGINT');
    await server.exited;
    expect(server.group).toEqual([]);
    expect(server.lines.all).toContain('goodbye to uwsgi-node.');
    expect(await isFree(Number(port))).toBe(true);
  });

  it('runs as a service: one master and five workers', async () => {
    write(reader, 'myapp.ini');
    const unit = readUnit(atHome(readFileSync(example('myapp.service'), 'utf8'), reader));
    expect(unit).toMatchObject({ User: 'demo', Group: 'www-data' });
    const [file, ...args] = unit.ExecStart!.split(' ');
    server = await startServer({
      command: [file!],
      args,
      cwd: unit.WorkingDirectory!,
      uid: findUser(unit.User!)!.uid,
      gid: findUser('www-data')!.gid,
      env: { HOME: reader.home },
    });

    expect(readme).toContain('\n    ps aux | grep myapp\n');
    const { stdout } = spawnSync('sh', ['-c', 'ps aux | grep myapp'], { encoding: 'utf8' });
    const lines = stdout.split('\n').filter((line) => line.startsWith('demo '));
    expect(lines).toHaveLength(6);
    for (const line of lines) expect(line).toMatch(/^demo +\d+ .*\d:\d\d uwsgi-node --ini myapp\.ini$/);
    expect(lstatSync(join(reader.folder, 'myapp.sock'))).toMatchObject({
      uid: reader.uid,
      gid: findUser('www-data')!.gid,
    });
    expect(lstatSync(join(reader.folder, 'myapp.sock')).mode & 0o777).toBe(0o664);
  });

  it('is served by nginx with its stock uwsgi_params', async () => {
    nginx = await startNginx({ site: atHome(readFileSync(example('myapp.nginx'), 'utf8'), reader) });
    for (let requests = 0; requests < 20; requests += 1) {
      const { status, headers, body } = await nginx.fetch('/');
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('text/html');
      expect(body.toString()).toBe(heading);
    }
  });

  it('ends with SIGTERM, and the socket is gone', async () => {
    expect(await server.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(existsSync(join(reader.folder, 'myapp.sock'))).toBe(false);
    expect(server.group).toEqual([]);
    expect((await nginx.fetch('/')).status).toBe(502);
  });
});

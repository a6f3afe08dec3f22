/** Front servers other than nginx, each with a configuration of its own, in the foreground. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeDirectory, onCleanUp } from './clean-up.js';
import { guardGroup } from './guard.js';
import { Lines } from './lines.js';
import { freePort } from './ports.js';
import { findProgram } from './requirements.js';

/** How to start one: its arguments, given where its configuration file is. */
interface FrontEnd {
  program: string;
  args(file: string): string[];
  configuration(folder: string, port: number): string;
}

export function apache(pass: string): FrontEnd {
  const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_fcgi', 'proxy_uwsgi'];
  return {
    program: 'apache2',
    args: (file) => ['-DFOREGROUND', '-f', file],
    configuration: (folder, port) => `
      ServerRoot ${folder}
      PidFile ${folder}/apache.pid
      DefaultRuntimeDir ${folder}
      Listen 127.0.0.1:${port}
      ServerName localhost
      ErrorLog ${folder}/error.log
      ${process.getuid?.() === 0 ? 'User www-data\n Group www-data' : ''}
      ${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
      ProxyPass / ${pass}/ enablereuse=on`,
  };
}

/** @param module `fastcgi` or `scgi` @param more lines, such as `scgi.protocol = "uwsgi"` */
export function lighttpd(module: 'fastcgi' | 'scgi', backend: string, more = ''): FrontEnd {
  const [host, port] = backend.split(':');
  return {
    program: 'lighttpd',
    args: (file) => ['-D', '-f', file],
    configuration: (folder, own) => `
      server.document-root = "${folder}"
      server.bind = "127.0.0.1"
      server.port = ${own}
      server.modules = ("mod_${module}")
      ${module}.server = ("/" => ((
        "host" => "${host}", "port" => ${port}, "check-local" => "disable",
        "fix-root-scriptname" => "enable")))
      ${more}`,
  };
}

/**
 * uWSGI's http router, straight to the server or through its fastrouter.
 *
 * @param fastrouter a free port for that one; null: there is none
 */
export function uwsgiRouter(backend: string, fastrouter: number | null): FrontEnd {
  const between = `127.0.0.1:${fastrouter}`;
  const plugins = fastrouter === null ? 'http' : 'http,fastrouter';
  return {
    program: 'uwsgi',
    args: (file) => ['--ini', file],
    configuration: (_folder, port) => `[uwsgi]
plugins = ${plugins}
master = true
die-on-term = true
http = 127.0.0.1:${port}
http-to = ${fastrouter === null ? backend : between}
${fastrouter === null ? '' : `fastrouter = ${between}\nfastrouter-to = ${backend}`}
`,
  };
}

/** Starts it and waits until it listens. @returns its port on 127.0.0.1 */
export async function startFrontEnd(frontEnd: FrontEnd): Promise<number> {
  const folder = await makeDirectory();
  await chmod(folder, 0o755);
  const port = await freePort();
  const file = join(folder, 'front.conf');
  await writeFile(file, frontEnd.configuration(folder, port));
  const child = spawn(findProgram(frontEnd.program)!, frontEnd.args(file), {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  guardGroup(child);
  const lines = new Lines(child.stdout, child.stderr);
  const closed = once(child, 'close');
  onCleanUp(async () => {
    child.kill('SIGTERM');
    await closed;
  });
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`${frontEnd.program} ended: ${lines}`);
    await delay(20);
  }
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const probe = connect({ host: '127.0.0.1', port });
    probe.once('connect', () => settle(true)).once('error', () => settle(false));
    probe.once('connect', () => probe.destroy());
  });
}

/** A real nginx with a generated configuration in a directory of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { join } from 'node:path';
import { makeDirectory, onCleanUp } from './clean-up.js';
import { guardGroup } from './guard.js';
import { Lines } from './lines.js';
import { freePort } from './ports.js';
import { findProgram } from './requirements.js';

export interface NginxOptions {
  /** What stands inside `server { }`, without `listen`: `location / { include uwsgi_params; uwsgi_pass …; }`. */
  server?: string;
  /** A whole `server { }` block (a site file) instead; its `listen` and `server_name` lines are replaced. */
  site?: string;
  /** Added inside `http { }`, before the server: `upstream` blocks and the like. */
  http?: string;
  /** Listen on a free TCP port of 127.0.0.1 instead of a unix socket. */
  tcp?: boolean;
  /** Number of nginx workers; 1 by default. */
  workers?: number;
  /** The user its workers run as, when the tests run as root; www-data by default. */
  user?: string;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Nginx {
  pid: number;
  /** For `node:http` and `curl`: `{ socketPath }`, or `{ host, port }` with `tcp`. */
  address: { socketPath: string } | { host: string; port: number };
  /** Its error log. */
  lines: Lines;
  /** One HTTP request through it. */
  fetch(path: string, options?: FetchOptions): Promise<Answer>;
  /** The same, with its body still to come. */
  begin(path: string, options?: FetchOptions): Promise<IncomingMessage>;
  stop(): Promise<void>;
}

export interface FetchOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

/** Starts nginx (`daemon off`) and waits until its workers run; `cleanUp()` ends it. The stock `uwsgi_params` can be included. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const folder = await makeDirectory();
  const port = options.tcp === true ? await freePort() : 0;
  const socketPath = join(folder, 'nginx.sock');
  const listen = port === 0 ? `unix:${socketPath}` : `127.0.0.1:${port}`;
  await writeFile(join(folder, 'nginx.conf'), configuration(options, folder, listen));
  await symlink('/etc/nginx/uwsgi_params', join(folder, 'uwsgi_params'));

  const program = findProgram('nginx');
  if (program === null) throw new Error('nginx is not installed');
  const child = spawn(program, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  await once(child, 'spawn');
  guardGroup(child);
  const lines = new Lines(child.stdout, child.stderr);
  const closed = once(child, 'close');
  const stop = async () => {
    child.kill('SIGTERM');
    await closed;
  };
  onCleanUp(stop);
  // The listeners are open before the first worker is forked: whoever connects from here on is served.
  await lines.waitFor(/start worker process \d+/);
  const address = port === 0 ? { socketPath } : { host: '127.0.0.1', port };
  return {
    pid: child.pid!,
    address,
    lines,
    fetch: (path, init) => fetchFrom(address, path, init),
    begin: (path, init) => beginFrom(address, path, init),
    stop,
  };
}

function configuration(options: NginxOptions, folder: string, listen: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${join(folder, name)};`)
    .join('\n');
  const server =
    options.site === undefined
      ? `server {\n listen ${listen};\n ${options.server ?? ''}\n}`
      : options.site
          .replace(/^\s*listen .*$/gm, '')
          .replace(/server_name .*;/, `listen ${listen}; server_name localhost;`);
  return `
daemon off;
pid ${join(folder, 'nginx.pid')};
error_log stderr notice;
worker_processes ${options.workers ?? 1};
${process.getuid?.() === 0 ? `user ${options.user ?? 'www-data'};` : ''}
events { worker_connections 4096; }
http {
  access_log off;
${temporary}
  ${options.http ?? ''}
  ${server}
}
`;
}

async function fetchFrom(address: RequestOptions, path: string, init?: FetchOptions): Promise<Answer> {
  const incoming = await beginFrom(address, path, init);
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return { status: incoming.statusCode!, headers: incoming.headers, body: Buffer.concat(chunks) };
}

async function beginFrom(
  address: RequestOptions,
  path: string,
  init: FetchOptions = {},
): Promise<IncomingMessage> {
  const outgoing = httpRequest({
    ...address,
    path,
    method: init.method ?? 'GET',
    headers: { Host: 'localhost', ...init.headers },
    agent: false,
  });
  outgoing.end(init.body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return incoming;
}

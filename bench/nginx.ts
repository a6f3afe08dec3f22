/** Debian's nginx with one worker and a generated configuration, in the foreground. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from './children.js';
import { freePort } from './ports.js';
import { type Endpoint, untilReady } from './probe.js';
import { processTree } from './process-usage.js';

export interface NginxOptions {
  upstream: Endpoint;
  /** False: bodies are passed on as they arrive, both ways. True is nginx's default. */
  buffering?: boolean;
  /** Whether connections to the server are kept, where the protocol can; true by default. */
  keepAlive?: boolean;
}

export interface Nginx {
  url: string;
  pids(): number[];
  stop(): Promise<void>;
}

const passes: Record<Endpoint['protocol'], string> = {
  uwsgi: 'include /etc/nginx/uwsgi_params; uwsgi_pass app;',
  fastcgi: 'include /etc/nginx/fastcgi_params; fastcgi_pass app; fastcgi_keep_conn on;',
  http: 'proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";',
};

function location({ upstream, buffering = true }: NginxOptions): string {
  const module = upstream.protocol === 'http' ? 'proxy' : upstream.protocol;
  const how = buffering ? '' : `${module}_buffering off; ${module}_request_buffering off;`;
  return `location / { ${passes[upstream.protocol]} ${how} }`;
}

function upstream({ upstream: { protocol, address }, keepAlive = true }: NginxOptions): string {
  // nginx keeps no uwsgi connections: the protocol has one request per connection.
  const kept = protocol !== 'uwsgi' && keepAlive;
  const keepalive = kept ? 'keepalive 64; keepalive_requests 1000000000;' : '';
  return `upstream app { server ${address.startsWith('/') ? `unix:${address}` : address}; ${keepalive} }`;
}

function configuration(dir: string, port: number, options: NginxOptions): string {
  const temp = ['client_body', 'proxy', 'uwsgi', 'fastcgi', 'scgi'];
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/nginx-error.log error;
events { worker_connections 4096; }
http {
  access_log off;
  client_max_body_size 0;
  keepalive_requests 1000000000;
  ${temp.map((name) => `${name}_temp_path ${dir}/nginx-temp/${name};`).join('\n  ')}
  ${upstream(options)}
  server {
    listen 127.0.0.1:${port} backlog=1024;
    ${location(options)}
  }
}
`;
}

/** Returns once a request comes through. */
export async function startNginx(dir: string, options: NginxOptions): Promise<Nginx> {
  const port = await freePort();
  mkdirSync(join(dir, 'nginx-temp'), { recursive: true });
  const conf = join(dir, 'nginx.conf');
  writeFileSync(conf, configuration(dir, port, options));
  const command = ['nginx', '-p', dir, '-c', conf, '-e', join(dir, 'nginx-error.log')] as const;
  const child = startChild(command, { name: 'nginx', logFile: join(dir, 'nginx.log') });
  try {
    await untilReady({ protocol: 'http', address: `127.0.0.1:${port}` }, child);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, pids: () => processTree(child.pid), stop: () => child.stop() };
}

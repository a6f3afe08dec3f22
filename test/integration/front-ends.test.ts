/** Front servers beside nginx's uwsgi_pass, really run: FastCGI and SCGI of nginx, Apache and lighttpd, uWSGI's routers. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { apache, lighttpd, startFrontEnd, uwsgiRouter } from '../support/front-ends.js';
import { startNginx } from '../support/nginx.js';
import { freePort } from '../support/ports.js';
import { missingPrograms, skipped } from '../support/requirements.js';
import { type RunningServer, startServer } from '../support/server.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const app = fileURLToPath(new URL('../apps/front-ends.js', import.meta.url));
const ports = { fastcgi: 0, scgi: 0, uwsgi: 0 };
let server: RunningServer;

beforeAll(async () => {
  for (const protocol of ['fastcgi', 'scgi', 'uwsgi'] as const) ports[protocol] = await freePort();
  const sockets = Object.entries(ports).flatMap(([name, port]) => [`--${name}-socket`, `127.0.0.1:${port}`]);
  server = await startServer({
    args: ['--master', '--processes', '2', ...sockets, '--wsgi-file', app, '--disable-logging'],
    timeout: 60_000,
  });
});
afterAll(cleanUp);

const backend = (protocol: keyof typeof ports) => `127.0.0.1:${ports[protocol]}`;

async function nginx(location: string): Promise<number> {
  const http = `client_max_body_size 0; upstream app { server ${backend('fastcgi')}; keepalive 8; }`;
  const { address } = await startNginx({ tcp: true, http, server: `location / { ${location} }` });
  return (address as { port: number }).port;
}

const fastcgi = 'include /etc/nginx/fastcgi_params; fastcgi_pass app; fastcgi_keep_conn on;';

/** uWSGI's router closes a connection after the response without saying so before. */
const headers = { connection: 'close' };

const frontEnds: [string, string, () => Promise<number>][] = [
  ['nginx, fastcgi_pass with keep-alive', 'nginx', () => nginx(fastcgi)],
  [
    'nginx, fastcgi_pass without buffers',
    'nginx',
    () => nginx(`${fastcgi} fastcgi_buffering off; fastcgi_request_buffering off;`),
  ],
  ['nginx, scgi_pass', 'nginx', () => nginx(`include /etc/nginx/scgi_params; scgi_pass ${backend('scgi')};`)],
  ['Apache, mod_proxy_fcgi', 'apache2', () => startFrontEnd(apache(`fcgi://${backend('fastcgi')}`))],
  ['Apache, mod_proxy_uwsgi', 'apache2', () => startFrontEnd(apache(`uwsgi://${backend('uwsgi')}`))],
  ['lighttpd, mod_fastcgi', 'lighttpd', () => startFrontEnd(lighttpd('fastcgi', backend('fastcgi')))],
  ['lighttpd, mod_scgi', 'lighttpd', () => startFrontEnd(lighttpd('scgi', backend('scgi')))],
  [
    'lighttpd, mod_scgi speaking uwsgi',
    'lighttpd',
    () => startFrontEnd(lighttpd('scgi', backend('uwsgi'), 'scgi.protocol = "uwsgi"')),
  ],
  ['uWSGI, http router', 'uwsgi', () => startFrontEnd(uwsgiRouter(backend('uwsgi'), null))],
  [
    'uWSGI, http router and fastrouter',
    'uwsgi',
    async () => startFrontEnd(uwsgiRouter(backend('uwsgi'), await freePort())),
  ],
];

for (const [name, program, start] of frontEnds) {
  describe.skipIf(skipped(name, missingPrograms(program)))(name, () => {
    let url: string;
    beforeAll(async () => {
      url = `http://127.0.0.1:${await start()}`;
    });

    it('passes a path, decoded, and a query', async () => {
      const answer = await fetch(`${url}/a%20b?q=1`, { headers });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({
        REQUEST_METHOD: 'GET',
        PATH_INFO: '/a b',
        SCRIPT_NAME: '',
        QUERY_STRING: 'q=1',
      });
    });

    it('passes HEAD, and a response that comes in pieces', async () => {
      const head = await fetch(`${url}/a`, { method: 'HEAD', headers });
      expect([head.status, await head.text()]).toEqual([200, '']);
      const pieces = await fetch(`${url}/pieces`, { headers });
      expect(await pieces.text()).toBe('piece 0, piece 1, piece 2, ');
    });

    it('passes bodies, small and large', async () => {
      for (const size of [3, 70_000, 2_000_000]) {
        const body = Buffer.alloc(size, 'up');
        const answer = await fetch(`${url}/echo`, { method: 'POST', body, headers });
        expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
      }
    });

    it('passes a large response, also to the next client after one that left', async () => {
      const leaving = new AbortController();
      await fetch(`${url}/big`, { signal: leaving.signal, headers });
      leaving.abort();
      expect((await (await fetch(`${url}/big`, { headers })).arrayBuffer()).byteLength).toBe(3_000_000);
    });
  });
}

describe.skipIf(skipped('reload behind nginx', missingPrograms('nginx')))('a reload behind nginx', () => {
  it('loses no request over connections that stay open', async () => {
    const url = `http://127.0.0.1:${await nginx(fastcgi)}`;
    const statuses = new Set<number>();
    let reloading = true;
    const client = async () => {
      // POST: nginx does not try it again on another connection.
      while (reloading) statuses.add((await fetch(`${url}/echo`, { method: 'POST', body: 'x' })).status);
    };
    const clients = Promise.all(Array.from({ length: 6 }, client));
    for (let i = 0; i < 2; i++) {
      const from = server.lines.all.length;
      const seen = server.lines.waitFor(/worker 2 killed successfully/, { from });
      process.kill(server.pid, 'SIGHUP');
      await seen;
    }
    reloading = false;
    await clients;
    expect([...statuses]).toEqual([200]);
  });
});

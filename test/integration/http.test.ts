/** HTTP sockets of the built server, with real processes and with nginx in front; each case under both engines. */
import { once } from 'node:events';
import { Agent, get, type RequestOptions, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bytesOf } from '../support/bodies.js';
import { cleanUp, makeDirectory, onCleanUp } from '../support/clean-up.js';
import { startNginx } from '../support/nginx.js';
import { missingPrograms, skipped } from '../support/requirements.js';
import { type RunningServer, startServer } from '../support/server.js';

vi.setConfig({ testTimeout: 60_000 });
afterEach(cleanUp);

const app = fileURLToPath(new URL('../apps/http.js', import.meta.url));
const uncaught = fileURLToPath(new URL('../apps/uncaught.js', import.meta.url));
const MEGABYTE = 1_048_576;

interface Answer {
  status: number;
  body: Buffer;
  text: string;
}

/** A server on an HTTP socket, and a client that keeps its connections. */
class HttpServer {
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(
    readonly server: RunningServer,
    readonly target: RequestOptions,
  ) {
    onCleanUp(() => this.#agent.destroy());
  }

  static async start(socket: string, ...more: string[]): Promise<HttpServer> {
    const args = ['--master', '--vacuum', '--http-socket', socket, '--wsgi-file', app, ...more];
    const server = await startServer({ args });
    const target = socket.startsWith('/')
      ? { socketPath: socket }
      : { host: '127.0.0.1', port: Number(server.address.split(':').at(-1)) };
    return new HttpServer(server, target);
  }

  async get(path: string, options: RequestOptions = {}, body?: Buffer | string): Promise<Answer> {
    const response = await this.begin(path, options, body);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const whole = Buffer.concat(chunks);
    return { status: response.statusCode!, body: whole, text: whole.toString('latin1') };
  }

  /** The same, with the body of the answer still to come. */
  async begin(path: string, options: RequestOptions = {}, body?: Buffer | string): Promise<IncomingMessage> {
    const outgoing = request({ ...this.target, agent: this.#agent, path, ...options });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return response;
  }

  post(path: string, body: Buffer | string): Promise<Answer> {
    return this.get(path, { method: 'POST' }, body);
  }
}

async function lengthOf(response: IncomingMessage): Promise<number> {
  let length = 0;
  for await (const chunk of response) length += chunk.length;
  return length;
}

const engines = [
  { engine: 'uWebSockets.js', options: ['--threads', '1'] },
  { engine: 'node:http (threads is more than 1)', options: ['--threads', '2'] },
];

it('an error that nobody caught ends the process under uWebSockets.js: its stack is in the log, and no dump of Node’s', async () => {
  const args = ['--master', '--http-socket', '127.0.0.1:0', '--wsgi-file', uncaught, '--threads', '1'];
  const { lines, address } = await startServer({ args });
  const refused = once(get(`http://${address}/exception`), 'error');
  await lines.waitFor(/^uncaught exception, with these requests open: GET \/exception$/);
  await lines.waitFor(/^RangeError: on purpose: exception$/);
  await lines.waitFor(/^DAMN ! worker 1 \(pid: \d+\) died, exit code 1 /);
  await refused;
  expect(lines.matching(/Assertion failed|Native stack trace/)).toEqual([]);
});

describe.each(engines)('$engine', ({ engine, options }) => {
  it('is named at the start, serves, and stops', async () => {
    const http = await HttpServer.start('127.0.0.1:0', ...options);
    expect(http.server.lines.all).toContain(`HTTP is served by ${engine}`);
    expect((await http.get('/')).text).toBe('hello');
    expect((await http.get('/nothing')).status).toBe(404);
    expect(await http.server.stop()).toEqual({ code: 0, signal: null });
    expect(http.server.lines.matching(/abort|assert|fatal|signal \d/i)).toEqual([]);
  });

  it('serves a unix socket', async () => {
    const socket = join(await makeDirectory(), 'http.sock');
    const http = await HttpServer.start(socket, ...options);
    expect((await http.get('/')).text).toBe('hello');
  });

  it('carries bodies of any size, both ways', async () => {
    const http = await HttpServer.start('127.0.0.1:0', ...options);
    expect((await http.post('/echo', 'caf\u00e9')).body.toString()).toBe('caf\u00e9');
    expect((await http.post('/length', bytesOf(100 * MEGABYTE))).text).toBe(String(100 * MEGABYTE));
    expect(await lengthOf(await http.begin('/large'))).toBe(100 * MEGABYTE);
    const numbers = Array.from({ length: 1_000 }, (_, i) => `${i}\n`).join('');
    expect((await http.get('/chunks')).text).toBe(numbers);
    const chunked = await http.get(
      '/echo',
      { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } },
      'x',
    );
    expect(chunked.text).toBe('x');
  });

  it('keeps limit-post and says so in the log', async () => {
    const http = await HttpServer.start('127.0.0.1:0', '--limit-post', '1000', ...options);
    expect((await http.post('/length', 'x'.repeat(1_001))).status).toBe(413);
    await http.server.lines.waitFor(/the body is larger than limit-post\.\.\.413 \[peer: 127\.0\.0\.1\]/);
    expect((await http.post('/length', 'x'.repeat(1_000))).text).toBe('1000');
  });

  it('takes a head up to buffer-size, in pieces', async () => {
    const http = await HttpServer.start('127.0.0.1:0', ...options);
    const long = 'x'.repeat(20_000);
    const answer = http.get('/environ', { headers: { 'X-Long': long, 'X-Later': 'y' } });
    expect(JSON.parse((await answer).text)).toMatchObject({ HTTP_X_LONG: long, HTTP_X_LATER: 'y' });
    expect((await http.get('/', { headers: { 'X-Long': 'x'.repeat(70_000) } })).status).toBe(431);
  });

  it('lets the running request finish when it stops', async () => {
    const http = await HttpServer.start('127.0.0.1:0', ...options);
    await http.get('/');
    const late = http.get('/later', { path: '/later?500' });
    await http.get('/');
    const exit = http.server.stop();
    expect((await late).text).toBe('late');
    expect(await exit).toEqual({ code: 0, signal: null });
  });

  it('tells the application of a client that leaves', async () => {
    const http = await HttpServer.start('127.0.0.1:0', ...options);
    const outgoing = request({ ...http.target, path: '/leave' });
    outgoing.on('error', () => {});
    outgoing.end();
    await http.server.lines.waitFor(/the client is waited for/);
    outgoing.destroy();
    await http.server.lines.waitFor(/the client has left/);
  });

  it('serves on after its worker was killed', async () => {
    const http = await HttpServer.start('127.0.0.1:0', ...options);
    const before = (await http.get('/process', { agent: false })).text;
    process.kill(Number(before), 'SIGKILL');
    await http.server.lines.waitFor(/^Respawned uWSGI worker 1/);
    const after = (await http.get('/process', { agent: false })).text;
    expect(after).not.toBe(before);
  });

  it('shares its listener among processes', async () => {
    const http = await HttpServer.start('127.0.0.1:0', '--processes', '2', ...options);
    const seen = new Set<string>();
    for (let i = 0; i < 200 && seen.size < 2; i += 1) {
      const answers = await Promise.all([1, 2, 3, 4].map(() => http.get('/process', { agent: false })));
      for (const { text } of answers) seen.add(text);
    }
    expect(seen.size).toBe(2);
  });

  describe.skipIf(skipped('HTTP behind nginx', missingPrograms('nginx')))('behind nginx', () => {
    it('is a kept-alive upstream, on TCP and on a unix socket', async () => {
      for (const socket of ['127.0.0.1:0', join(await makeDirectory(), 'http.sock')]) {
        const http = await HttpServer.start(socket, '--chmod-socket=666', ...options);
        const upstream = socket.startsWith('/') ? `unix:${socket}` : http.server.address;
        const nginx = await startNginx({
          http: `upstream app { server ${upstream}; keepalive 8; }`,
          server: `client_max_body_size 0;
            location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }`,
        });
        for (let i = 0; i < 20; i += 1) expect((await nginx.fetch('/')).status).toBe(200);
        const body = Buffer.alloc(3 * MEGABYTE, 'y');
        expect((await nginx.fetch('/echo', { method: 'POST', body })).body.equals(body)).toBe(true);
        expect(await lengthOf(await nginx.begin('/large'))).toBe(100 * MEGABYTE);
      }
    });

    it('shows the environ that uwsgi_pass shows', async () => {
      const folder = await makeDirectory();
      const uwsgi = join(folder, 'uwsgi.sock');
      const http = await HttpServer.start('127.0.0.1:0', '--socket', uwsgi, '--chmod-socket=666', ...options);
      const nginx = await startNginx({
        tcp: true,
        server: `location / { include uwsgi_params; uwsgi_pass unix:${uwsgi}; }`,
      });
      const headers = { Host: 'example.org', 'X-One': '1', 'Content-Type': 'text/plain', Cookie: 'a=b' };
      const path = '/x%20y/..//environ?q=%20';
      const sent = { method: 'POST', headers, body: 'abc' };
      const throughNginx = JSON.parse((await nginx.fetch(path, sent)).body.toString());
      const direct = JSON.parse((await http.get(path, { method: 'POST', headers }, 'abc')).text);
      for (const environ of [throughNginx, direct]) {
        // Where the two stand differs, and PEP 3333's checker refuses the twins that nginx sends.
        for (const key of ['SERVER_NAME', 'SERVER_PORT', 'REMOTE_PORT', 'DOCUMENT_ROOT', 'HTTP_CONNECTION']) {
          delete environ[key];
        }
        delete environ.HTTP_CONTENT_LENGTH;
        delete environ.HTTP_CONTENT_TYPE;
        delete environ.HTTP_TRANSFER_ENCODING;
      }
      expect(direct).toEqual(throughNginx);
    });
  });
});

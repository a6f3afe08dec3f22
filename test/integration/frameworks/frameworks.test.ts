/**
 * Frameworks at their current versions, started as their documentation says, behind a real nginx: the same behaviours of
 * each, on every supported line of Node.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';
import { buildNext } from '../../support/next-build.js';
import { type Nginx, startNginx } from '../../support/nginx.js';
import { nodeBinary } from '../../support/node-versions.js';
import { missingPrograms, skipped } from '../../support/requirements.js';
import { CLI, type RunningServer, startServer } from '../../support/server.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 180_000 });

const app = (name: string) => fileURLToPath(new URL(`../../apps/frameworks/${name}.js`, import.meta.url));
const megabytes = Buffer.alloc(3_000_000, 'payload ');
const digest = createHash('sha256').update(megabytes).digest('hex');

/** What the start-up line says was found. A fetch handler has no server that a WebSocket could be asked of. */
const frameworks = {
  express: /is ready: listen\(3000\) of .*express\.js \(node\)/,
  koa: /is ready: listen\(3000\) of .*koa\.js \(node\)/,
  fastify: /is ready: listen\(3000\) of .*fastify\.js \(node\)/,
  nest: /is ready: listen\(3000\) of .*nest\.js \(node\)/,
  hapi: /is ready: listen\(3000\) of .*hapi\.js \(node\)/,
  next: /is ready: listen\(3000\) of .*next\.js \(node\)/,
  hono: /is ready: default of .*hono\.js \(fetch\)/,
};

const own = Number(process.versions.node.split('.')[0]);
const nodes = new Map<number, string | null>([[own, process.execPath]]);
for (const version of [24, 26]) if (version !== own) nodes.set(version, await nodeBinary(version));

describe.skipIf(skipped('frameworks', missingPrograms('nginx')))('behind nginx', () => {
  for (const [version, node] of nodes) {
    const reason = node === null ? `npm could not fetch node@${version}` : null;
    describe.skipIf(skipped(`Node ${version}`, reason))(`on Node ${version}`, () => {
      for (const [name, found] of Object.entries(frameworks)) behaves(name, found, node!);
    });
  }
});

function behaves(name: string, found: RegExp, node: string): void {
  describe(name, () => {
    let server: RunningServer;
    let nginx: Nginx;
    beforeAll(async () => {
      if (name === 'next') buildNext();
      const socket = join(await makeDirectory(), 'app.sock');
      server = await startServer({
        args: ['--socket', socket, '--chmod-socket=666', '--wsgi-file', app(name), '--disable-logging'],
        command: [node, CLI],
      });
      nginx = await startNginx({
        server: `client_max_body_size 0; location / { include uwsgi_params; uwsgi_pass unix:${socket}; }`,
      });
    });
    afterAll(cleanUp);

    it('is recognised', () => {
      expect(server.lines.matching(found)).toHaveLength(1);
    });

    it('answers', async () => {
      const answer = await nginx.fetch('/');
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toBe('hello');
    });

    it('knows the client and the URL that it asked for', async () => {
      const answer = await nginx.fetch('/client?a=%2F');
      const { protocol, url } = JSON.parse(answer.body.toString());
      expect({ protocol, url }).toEqual({ protocol: 'http', url: '/client?a=%2F' });
    });

    it('takes JSON and gives JSON', async () => {
      const body = JSON.stringify({ text: 'größer', list: [1, 2, 3] });
      const headers = {
        'Content-Type': 'application/json',
        'Content-Length': String(Buffer.byteLength(body)),
      };
      const answer = await nginx.fetch('/json', { method: 'POST', body, headers });
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
      expect(JSON.parse(answer.body.toString())).toEqual({ text: 'größer', list: [1, 2, 3] });
    });

    it.each([
      ['at once', { 'Content-Length': String(megabytes.length) }],
      ['in chunks', { 'Transfer-Encoding': 'chunked' }],
    ])('takes 3 MB %s', async (_how, headers) => {
      const all = { 'Content-Type': 'application/octet-stream', ...headers };
      const answer = await nginx.fetch('/upload', { method: 'POST', body: megabytes, headers: all });
      expect(answer.body.toString()).toBe(digest);
    });

    it('gives 3 MB', async () => {
      const answer = await nginx.fetch('/download');
      expect(answer.body.equals(Buffer.alloc(3_000_000, 'x'))).toBe(true);
    });

    it('sets five cookies', async () => {
      const answer = await nginx.fetch('/cookies');
      const names = answer.headers['set-cookie']?.map((cookie) => cookie.slice(0, 3));
      expect(names).toEqual(['a=1', 'b=1', 'c=1', 'd=1', 'e=1']);
    });

    it('redirects', async () => {
      const answer = await nginx.fetch('/redirect');
      expect([answer.status, answer.headers.location]).toEqual([302, '/']);
    });

    if (name === 'next')
      it('renders a page', async () => {
        expect((await nginx.fetch('/page')).body.toString()).toContain('<p>rendered on the server</p>');
      });

    it('streams without chunks in the content', async () => {
      expect((await nginx.fetch('/stream')).body.toString()).toBe('one two three');
    });

    it('sends an event as soon as it happens, and hears that its reader has left', async () => {
      const told = nginx.fetch('/reader-left');
      expect(await firstEvent(nginx)).toMatch(/^data: first\n/);
      expect((await told).body.toString()).toBe('yes');
    });

    it('compresses', async () => {
      const answer = await nginx.fetch('/compressed', { headers: { 'Accept-Encoding': 'gzip' } });
      expect(answer.headers['content-encoding']).toBe('gzip');
      expect(gunzipSync(answer.body).toString()).toBe('x'.repeat(10_000));
    });

    it('keeps a session', async () => {
      const first = await nginx.fetch('/session');
      const Cookie = first.headers['set-cookie']![0]!.split(';')[0]!;
      const second = await nginx.fetch('/session', { headers: { Cookie } });
      expect([first.body.toString(), second.body.toString()]).toEqual(['1', '2']);
    });

    it('serves a file, a part of it, and what has not changed', async () => {
      const whole = await nginx.fetch('/files/alphabet.txt');
      expect(whole.body.toString()).toBe('abcdefghijklmnopqrstuvwxyz');
      const part = await nginx.fetch('/files/alphabet.txt', { headers: { Range: 'bytes=2-4' } });
      expect([part.status, part.headers['content-range'], part.body.toString()]).toEqual([
        206,
        'bytes 2-4/26',
        'cde',
      ]);
      const headers = { 'If-None-Match': whole.headers.etag! };
      const fresh = await nginx.fetch('/files/alphabet.txt', { headers });
      expect([fresh.status, fresh.body.length]).toEqual([304, 0]);
    });

    it('takes a form with a file of 3 MB', async () => {
      const form = new FormData();
      form.set('field', 'value');
      form.set('file', new Blob([megabytes]), 'big.bin');
      const encoded = new Response(form);
      const body = Buffer.from(await encoded.arrayBuffer());
      const headers = {
        'Content-Type': encoded.headers.get('content-type')!,
        'Content-Length': `${body.length}`,
      };
      const answer = await nginx.fetch('/multipart', { method: 'POST', body, headers });
      const expected = { name: 'big.bin', size: 3_000_000, field: 'value' };
      expect(JSON.parse(answer.body.toString())).toEqual(expected);
    });

    if (name !== 'hono')
      it('echoes WebSocket messages of 200 kB, and hears that the client has gone', async () => {
        const { socketPath } = nginx.address as { socketPath: string };
        const socket = new WebSocket(`ws+unix://${socketPath}:/socket`);
        await once(socket, 'open');
        for (const size of [1, 200_000, 125]) {
          const sent = Buffer.alloc(size, 'm');
          socket.send(sent);
          const [received] = await once(socket, 'message');
          expect(sent.equals(received)).toBe(true);
        }
        socket.terminate();
        await server.lines.waitFor(/websocket closed 1006/);
      });

    it('answers an error with 500 and stays', async () => {
      expect((await nginx.fetch('/throw')).status).toBe(500);
      expect((await nginx.fetch('/')).status).toBe(200);
    });

    it('answers HEAD without a body', async () => {
      const answer = await nginx.fetch('/', { method: 'HEAD' });
      expect([answer.status, answer.body.length]).toEqual([200, 0]);
    });
  });
}

/** The first chunk of an endless response, which is then left. */
function firstEvent(nginx: Nginx): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { ...nginx.address, path: '/events', headers: { Host: 'localhost' }, agent: false };
    const asked = httpRequest(options, (answer) => {
      answer.once('data', (chunk: Buffer) => {
        asked.destroy();
        resolve(chunk.toString());
      });
    });
    asked.on('error', reject).end();
  });
}

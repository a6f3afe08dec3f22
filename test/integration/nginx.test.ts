/** The built server behind a real nginx with its stock uwsgi_params: what clients get, whatever happens behind. */
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bytesOf, digestOf, expectedDigest } from '../support/bodies.js';
import { cleanUp } from '../support/clean-up.js';
import { startEngine, type Transport, transports } from '../support/engine.js';
import { type Nginx, startNginx } from '../support/nginx.js';
import { missingPrograms, skipped } from '../support/requirements.js';
import type { RunningServer } from '../support/server.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const MEGABYTE = 1_048_576;

interface Pair {
  server: RunningServer;
  nginx: Nginx;
}

/** An application and nginx in front; `location` is added to its `location / { }`. */
async function startBoth(
  app: string,
  transport: Transport,
  args: string[] = [],
  location = '',
): Promise<Pair> {
  const server = await startEngine(app, transport, args);
  const upstream = transport === 'unix' ? `unix:${server.address}` : server.address;
  const nginx = await startNginx({
    user: 'root',
    http: 'client_max_body_size 0;',
    server: `location / { include uwsgi_params; uwsgi_pass ${upstream}; ${location} }`,
  });
  return { server, nginx };
}

/** Begins a request; the caller decides when it ends, or that it does not. */
function begin({ nginx }: Pair, path: string, headers: Record<string, string | number> = {}): ClientRequest {
  const outgoing = httpRequest({
    ...nginx.address,
    path,
    method: 'POST',
    agent: false,
    headers: { Host: 'localhost', ...headers },
  });
  outgoing.on('error', () => {});
  return outgoing;
}

/** What nginx itself found wrong: nothing, as a rule. */
const complaints = ({ nginx }: Pair) => nginx.lines.matching(/\[(?:warn|error|crit|alert)\]/);

const skip = skipped('behind nginx', missingPrograms('nginx'));

describe.skipIf(skip).each(transports)('behind nginx, over %s', (transport) => {
  describe('requests', () => {
    let pair: Pair;
    beforeAll(async () => {
      pair = await startBoth('http-statuses', transport);
    });
    afterAll(cleanUp);

    it('has the environ of a WSGI server', async () => {
      const { body } = await pair.nginx.fetch('/environ/a%20b?x=1&y=%C3%A4', { headers: { 'X-Y': 'z' } });
      expect(JSON.parse(body.toString())).toMatchObject({
        REQUEST_METHOD: 'GET',
        PATH_INFO: '/environ/a b',
        QUERY_STRING: 'x=1&y=%C3%A4',
        REQUEST_URI: '/environ/a%20b?x=1&y=%C3%A4',
        SCRIPT_NAME: '',
        SERVER_PROTOCOL: 'HTTP/1.1',
        CONTENT_LENGTH: '',
        HTTP_HOST: 'localhost',
        HTTP_X_Y: 'z',
        'wsgi.url_scheme': 'http',
      });
    });

    it('POST brings its body, with a length or chunked', async () => {
      const sized = await pair.nginx.fetch('/echo', { method: 'POST', body: 'a=b' });
      expect(sized.body.toString()).toBe('a=b');
      const chunked = begin(pair, '/echo', { 'Transfer-Encoding': 'chunked' });
      chunked.write('first ');
      chunked.end('second');
      const [response] = (await once(chunked, 'response')) as [IncomingMessage];
      expect((await bodyOf(response)).toString()).toBe('first second');
    });

    it('HEAD gets the head of GET, and no body', async () => {
      const { status, headers, body } = await pair.nginx.fetch('/environ', { method: 'HEAD' });
      expect([status, body.length]).toEqual([200, 0]);
      expect(headers['content-type']).toBe('application/json');
    });

    it.each([200, 201, 204, 206, 301, 304, 400, 401, 403, 404, 405, 410, 422, 429, 500, 502, 503, 504])(
      'status %d comes through with its headers',
      async (code) => {
        const { status, headers, body } = await pair.nginx.fetch(`/status?${code}`);
        expect(status).toBe(code);
        expect(headers['x-status']).toBe(String(code));
        expect(body.toString()).toBe(code === 204 || code === 304 ? '' : `status ${code}`);
      },
    );

    it('several Set-Cookie headers stay several', async () => {
      const { headers } = await pair.nginx.fetch('/cookies');
      expect(headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2; HttpOnly', 'c=3']);
    });

    it('big headers come through in both directions', async () => {
      const value = 'x'.repeat(3_000);
      const { headers, status } = await pair.nginx.fetch('/headers', { headers: { 'X-Big': value } });
      expect([status, headers['x-big']]).toEqual([200, value]);
    });

    it('an error of the application is a 500, not a 502', async () => {
      const { status, body } = await pair.nginx.fetch('/throw');
      expect([status, body.toString()]).toEqual([500, 'Internal Server Error\n']);
    });

    it('1 000 connections at once are all served', async () => {
      const paths = Array.from({ length: 1_000 }, (_, i) => `/echo-query?${i}`);
      const answers = await Promise.all(paths.map((path) => pair.nginx.fetch(path)));
      expect(answers.map(({ body }) => body.toString())).toEqual(paths.map((_, i) => String(i)));
    });

    it('leave nginx nothing to complain about', () => {
      expect(complaints(pair)).toEqual([]);
    });
  });

  describe('bodies', () => {
    let pair: Pair;
    let unbuffered: Pair;
    beforeAll(async () => {
      const off = 'uwsgi_request_buffering off; uwsgi_buffering off;';
      [pair, unbuffered] = await Promise.all([
        startBoth('bodies', transport),
        startBoth('bodies', transport, [], off),
      ]);
    });
    afterAll(cleanUp);

    describe.each(['on', 'off'])('with buffering %s', (buffering) => {
      const chosen = () => (buffering === 'on' ? pair : unbuffered);

      it('100 MB go up complete', async () => {
        const body = bytesOf(100 * MEGABYTE);
        const answer = await chosen().nginx.fetch('/async', { method: 'POST', body });
        expect(answer.body.toString()).toBe(await expectedDigest(body.length));
      });

      // One after the other: nginx stops sending a request's body when the response begins.
      it('100 MB go up and come down again', async () => {
        const body = bytesOf(100 * MEGABYTE);
        const answer = await chosen().nginx.begin('/back', { method: 'POST', body });
        expect(await digestOf(answer)).toBe(await expectedDigest(body.length));
      });

      it.each([1_000, 100_000, MEGABYTE, 20 * MEGABYTE])(
        'a response to %d bytes that nobody reads arrives',
        async (size) => {
          const { status, body } = await chosen().nginx.fetch('/unread', {
            method: 'POST',
            body: bytesOf(size),
          });
          expect([status, body.toString()]).toEqual([200, 'not read']);
        },
      );
    });

    it('a client that leaves while it uploads harms nobody', async () => {
      for (const chosen of [pair, unbuffered]) {
        const outgoing = begin(chosen, '/async', { 'Content-Length': 10 * MEGABYTE });
        outgoing.write(bytesOf(MEGABYTE));
        await once(outgoing, 'drain');
        outgoing.destroy();
        const { status } = await chosen.nginx.fetch('/unread');
        expect(status).toBe(200);
        expect(chosen.server.lines.matching(/DAMN/)).toEqual([]);
      }
    });

    it('a client that leaves while it is being sent a response harms nobody', async () => {
      const download = await startBoth('downloads', transport, [], 'uwsgi_buffering off;');
      for (const path of ['/buffer', '/generator', '/async', '/write']) {
        const outgoing = begin(download, `${path}?${50 * MEGABYTE}`);
        outgoing.end();
        const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
        await once(response, 'readable');
        outgoing.destroy();
      }
      const { body } = await download.nginx.fetch('/buffer?1000');
      expect(body).toHaveLength(1_000);
      expect(download.server.lines.matching(/DAMN|Error/)).toEqual([]);
    });
  });
});

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What only one framework is asked: the HTTP front, what never reaches a front server, stopping. */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';
import { type Nginx, startNginx } from '../../support/nginx.js';
import { missingPrograms, skipped } from '../../support/requirements.js';
import { type RunningServer, startServer } from '../../support/server.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const app = fileURLToPath(new URL('../../apps/frameworks/express.js', import.meta.url));

let server: RunningServer;
let nginx: Nginx;
let httpAddress: string;

beforeAll(async () => {
  if (missingPrograms('nginx') !== null) return;
  const socket = join(await makeDirectory(), 'app.sock');
  server = await startServer({
    args: ['--socket', socket, '--chmod-socket=666', '--http-socket', '127.0.0.1:0', '--wsgi-file', app],
  });
  httpAddress = server.addresses[1]!;
  nginx = await startNginx({
    tcp: true,
    server: `location / { include uwsgi_params; uwsgi_pass unix:${socket}; }`,
  });
});
afterAll(cleanUp);

const address = () => {
  const { host, port } = nginx.address as { host: string; port: number };
  return `${host}:${port}`;
};

describe.skipIf(skipped('Express', missingPrograms('nginx')))('Express behind nginx', () => {
  it('sends no chunks, no trailers and no interim response', async () => {
    const answer = await nginx.fetch('/early');
    expect([answer.status, answer.body.toString()]).toEqual([200, 'not chunked']);
  });

  it.each(['nginx', 'the HTTP front'])(
    'hears through %s that the reader of an event stream has left',
    async (via) => {
      const at = via === 'nginx' ? address() : httpAddress;
      const told = fetchFrom(at, '/reader-left');
      const [host, port] = at.split(':');
      const asked = httpRequest({ host, port, path: '/events', agent: false }).end();
      const [answer] = await once(asked, 'response');
      const [first] = await once(answer, 'data');
      expect(first.toString()).toBe('data: first\n\n');
      asked.destroy();
      expect(await told).toBe('yes');
    },
  );
});

describe.skipIf(skipped('WebSockets', missingPrograms('nginx')))('WebSockets', () => {
  describe.each(['nginx', 'the HTTP front'])('through %s', (via) => {
    const connect = async () => {
      const socket = new WebSocket(`ws://${via === 'nginx' ? address() : httpAddress}/socket`);
      await once(socket, 'open');
      return socket;
    };

    it('carry messages of 200 kB both ways, and close as they were told', async () => {
      const socket = await connect();
      for (const size of [1, 200_000, 125, 65_536]) {
        const sent = Buffer.alloc(size, 'm');
        socket.send(sent);
        const [received] = await once(socket, 'message');
        expect(sent.equals(received)).toBe(true);
      }
      const from = server.lines.position;
      socket.close(4001);
      const [code] = await once(socket, 'close');
      expect(code).toBe(4001);
      await server.lines.waitFor(/websocket closed 4001/, { from });
    });

    it('end for the application when the client has gone', async () => {
      const socket = await connect();
      const from = server.lines.position;
      socket.terminate();
      await server.lines.waitFor(/websocket closed 1006/, { from });
    });
  });

  it('make the HTTP front choose node:http, and the start say why', () => {
    expect(server.lines.matching(/^HTTP is served by node:http \(.*upgrade/)).toHaveLength(1);
  });
});

describe.skipIf(skipped('stopping', missingPrograms('nginx')))('a stop', () => {
  it('runs the SIGTERM handler of the application', async () => {
    const exit = await server.stop();
    expect(exit).toEqual({ code: 0, signal: null });
    expect(server.lines.matching(/the application was told to stop/)).toHaveLength(1);
  });
});

async function fetchFrom(at: string, path: string, init: RequestInit = {}): Promise<string> {
  return (await fetch(`http://${at}${path}`, init)).text();
}

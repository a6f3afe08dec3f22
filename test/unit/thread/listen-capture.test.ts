/** A server that is caught at listen() believes that it listens. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, createSecureServer } from 'node:http2';
import { createServer as createNetServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { captureListen } from '../../../src/thread/listen-capture.js';

it('listens once until it is closed, as in Node', async () => {
  const capture = captureListen('/srv/once.js');
  const server = createServer().listen(1, '192.0.2.1');
  await once(server, 'listening');
  expect(() => server.listen(2)).toThrow(expect.objectContaining({ code: 'ERR_SERVER_ALREADY_LISTEN' }));
  expect([server.address(), capture.call]).toEqual([
    { address: '192.0.2.1', family: 'IPv4', port: 1 },
    'listen(1)',
  ]);
  await new Promise((resolve) => server.close(resolve));
  expect([server.listening, server.address()]).toEqual([false, null]);
  await once(server.listen({ path: '/run/x.sock' }), 'listening');
  expect(server.address()).toBe('/run/x.sock');
});

it('takes further servers of the same port for the same application, as Fastify makes them, and no others', async () => {
  const capture = captureListen('/srv/fastify.js');
  const first = createServer();
  await once(first.listen({ port: 3000, host: 'localhost' }), 'listening');
  expect(first.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port: 3000 });
  const second = createServer().listen({ port: 3000, host: '::1' });
  await once(second, 'listening');
  expect([capture.server, second.address()]).toEqual([first, { address: '::1', family: 'IPv6', port: 3000 }]);
  await new Promise((resolve) => second.close(resolve));
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  expect((other.address() as { port: number }).port).toBeGreaterThan(0);
  await new Promise((resolve) => other.close(resolve));
});

it('takes the server that is asked for, and lets those before it listen', async () => {
  const capture = captureListen('/srv/metrics.js', 'listen(3004)');
  const metrics = createServer().listen(0, '127.0.0.1');
  await once(metrics, 'listening');
  expect([capture.server, (metrics.address() as { port: number }).port]).toEqual([null, expect.any(Number)]);
  const server = createServer().listen(3004);
  await once(server, 'listening');
  expect([capture.server, capture.call]).toEqual([server, 'listen(3004)']);
  metrics.close();
});

it('tells the servers of two modules apart, and knows a module that is mounted twice', () => {
  const [shop, blog] = [createServer(), createServer()];
  const ofShop = captureListen('/srv/shop.js');
  shop.listen(3001);
  const ofBlog = captureListen('/srv/blog.js');
  blog.listen(3002);
  expect([ofShop.server, ofShop.call, ofBlog.server, ofBlog.call]).toEqual([
    shop,
    'listen(3001)',
    blog,
    'listen(3002)',
  ]);
  expect(captureListen('/srv/shop.js')).toBe(ofShop);
});

describe('servers of other kinds', () => {
  it('are noticed while nothing is caught, and really listen', async () => {
    const capture = captureListen('/srv/net.js');
    const server = createNetServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(capture).toMatchObject({
      server: null,
      other: { isHttp2: false, isApplication: false, call: 'listen()' },
    });
    expect((server.address() as { port: number }).port).toBeGreaterThan(0);
    server.close();
    const http = createServer().listen(3003);
    expect(capture.server).toBe(http);
  });

  it('are waited for no longer where the application speaks HTTP/2', async () => {
    const capture = captureListen('/srv/http2.js');
    const server = createHttp2Server(() => {}).listen(0, '127.0.0.1');
    await capture.wait(60);
    expect(capture).toMatchObject({ server: null, other: { isHttp2: true, isApplication: true } });
    server.close();
  });

  it('are caught where they speak HTTP/1.1, too', async () => {
    const capture = captureListen('/srv/both.js');
    const server = createSecureServer({ allowHTTP1: true }, () => {}).listen(8443);
    await once(server, 'listening');
    expect([capture.server, capture.call]).toEqual([server, 'listen(8443)']);
    await new Promise((resolve) => server.close(resolve));
  });
});

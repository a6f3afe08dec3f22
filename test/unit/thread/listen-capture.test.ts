/** A server that is caught at listen() believes that it listens. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
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

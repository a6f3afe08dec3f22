import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import Hapi from '@hapi/hapi';

const server = Hapi.server({ port: 3000, debug: false });
const route = (method, path, handler, options = {}) => server.route({ method, path, handler, options });
const raw = { payload: { output: 'stream', parse: false, maxBytes: 5_000_000 } };

route('GET', '/', () => 'hello');
route('GET', '/client', (request) => ({
  ip: request.info.remoteAddress,
  protocol: request.server.info.protocol,
  url: request.url.pathname + request.url.search,
}));
route('POST', '/json', (request) => request.payload, { payload: { maxBytes: 5_000_000 } });
route(
  'POST',
  '/upload',
  async (request) =>
    createHash('sha256')
      .update(Buffer.concat(await request.payload.toArray()))
      .digest('hex'),
  raw,
);
route('GET', '/download', () => Buffer.alloc(3_000_000, 'x'));
route('GET', '/cookies', (_request, h) => {
  const response = h.response('set');
  for (const name of ['a', 'b', 'c', 'd', 'e']) response.state(name, '1');
  return response;
});
route('GET', '/redirect', (_request, h) => h.redirect('/'));
route('GET', '/stream', (_request, h) =>
  h.response(Readable.from(['one ', 'two ', 'three'], { objectMode: false })),
);
route('GET', '/events', (_request, h) => {
  const events = new Readable({ read() {} });
  events.push('data: first\n\n');
  return h.response(events).type('text/event-stream');
});
route('GET', '/throw', () => {
  throw new Error('thrown on purpose');
});
await server.start();

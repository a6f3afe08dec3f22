import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import Hapi from '@hapi/hapi';
import send from 'send';
import { echoWebSockets, files, reader } from './shared.js';

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
route('GET', '/events', (request, h) => {
  request.events.once('disconnect', reader.left);
  const events = new Readable({ read() {} });
  events.push('data: first\n\n');
  return h.response(events).type('text/event-stream');
});
route('GET', '/throw', () => {
  throw new Error('thrown on purpose');
});
route('GET', '/reader-left', () => reader.hasLeft);
// hapi compresses by itself.
route('GET', '/compressed', () => 'x'.repeat(10_000));
const sessions = new Map();
server.state('session', { isSecure: false, encoding: 'none' });
route('GET', '/session', (request, h) => {
  const id = request.state.session ?? String(sessions.size);
  const views = (sessions.get(id) ?? 0) + 1;
  sessions.set(id, views);
  return h.response(String(views)).state('session', id);
});
const multipart = { payload: { multipart: { output: 'annotated' }, maxBytes: 5_000_000 } };
route(
  'POST',
  '/multipart',
  ({ payload: { file, field } }) => ({ name: file.filename, size: file.payload.length, field }),
  multipart,
);
route('GET', '/files/{name}', ({ raw, params }, h) => {
  send(raw.req, params.name, { root: files }).pipe(raw.res);
  return h.abandon;
});
echoWebSockets(server.listener);
await server.start();

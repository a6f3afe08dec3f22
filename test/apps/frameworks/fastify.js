import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import fastifyStatic from '@fastify/static';
import session from 'express-session';
import Fastify from 'fastify';
import multer from 'multer';
import { echoWebSockets, files, reader } from './shared.js';

const app = Fastify({ bodyLimit: 5_000_000 });
app.addContentTypeParser(['application/octet-stream', 'multipart/form-data'], (_request, payload, done) =>
  done(null, payload),
);
app.get('/', async () => 'hello');
app.get('/client', async (request) => ({
  ip: request.ip,
  protocol: request.protocol,
  url: request.originalUrl,
}));
app.post('/json', async (request) => request.body);
app.post('/upload', async (request) =>
  createHash('sha256')
    .update(Buffer.concat(await request.body.toArray()))
    .digest('hex'),
);
app.get('/download', async () => Buffer.alloc(3_000_000, 'x'));
app.get('/cookies', async (_request, reply) => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) reply.header('set-cookie', `${name}=1; path=/`);
  return 'set';
});
app.get('/redirect', (_request, reply) => reply.redirect('/'));
app.get('/stream', async () => Readable.from(['one ', 'two ', 'three']));
app.get('/events', async (request, reply) => {
  request.raw.on('close', reader.left);
  const events = new Readable({ read() {} });
  events.push('data: first\n\n');
  return reply.type('text/event-stream').send(events);
});
app.get('/throw', async () => {
  throw new Error('thrown on purpose');
});
app.get('/reader-left', () => reader.hasLeft);
app.get('/compressed', async (_request, reply) => {
  reply.header('content-encoding', 'gzip').type('text/plain');
  return Readable.from(['x'.repeat(10_000)]).pipe(createGzip());
});
const useSession = session({ secret: 's', resave: false, saveUninitialized: true });
app.route({
  method: 'GET',
  url: '/session',
  onRequest: (request, reply, done) => useSession(request.raw, reply.raw, done),
  handler: async ({ raw }, reply) => {
    raw.session.views = (raw.session.views ?? 0) + 1;
    // express-session works on Node's own response.
    reply.hijack();
    reply.raw.end(String(raw.session.views));
  },
});
app.post('/multipart', async ({ raw }, reply) => {
  await new Promise((resolve, reject) => {
    multer().single('file')(raw, reply.raw, (error) => (error ? reject(error) : resolve()));
  });
  return { name: raw.file.originalname, size: raw.file.size, field: raw.body.field };
});
await app.register(fastifyStatic, { root: files, prefix: '/files/' });
echoWebSockets(app.server);
await app.listen({ port: 3000, host: '0.0.0.0' });

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import Fastify from 'fastify';

const app = Fastify({ bodyLimit: 5_000_000 });
app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
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
app.get('/events', async (_request, reply) => {
  const events = new Readable({ read() {} });
  events.push('data: first\n\n');
  return reply.type('text/event-stream').send(events);
});
app.get('/throw', async () => {
  throw new Error('thrown on purpose');
});
await app.listen({ port: 3000, host: '0.0.0.0' });

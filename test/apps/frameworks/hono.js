import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { getCookie, setCookie } from 'hono/cookie';
import { streamSSE, streamText } from 'hono/streaming';
import { staticMiddleware } from 'srvx/static';
import { folder, reader } from './shared.js';

const app = new Hono();
app.get('/', (c) => c.text('hello'));
app.get('/client', (c) => {
  const url = new URL(c.req.url);
  return c.json({ ip: c.req.raw.ip, protocol: url.protocol.slice(0, -1), url: url.pathname + url.search });
});
app.post('/json', async (c) => c.json(await c.req.json()));
app.post('/upload', async (c) => {
  const hash = createHash('sha256');
  for await (const chunk of c.req.raw.body) hash.update(chunk);
  return c.text(hash.digest('hex'));
});
app.get('/download', (c) => c.body(Buffer.alloc(3_000_000, 'x')));
app.get('/cookies', (c) => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) setCookie(c, name, '1');
  return c.text(String(getCookie(c, 'sent')));
});
app.get('/redirect', (c) => c.redirect('/'));
app.get('/stream', (c) =>
  streamText(c, async (stream) => {
    for (const part of ['one ', 'two ', 'three']) await stream.write(part);
  }),
);
app.get('/events', (c) => {
  c.req.raw.signal.addEventListener('abort', reader.left);
  return streamSSE(c, async (stream) => {
    await stream.writeSSE({ data: 'first' });
    await reader.hasLeft;
  });
});
app.get('/reader-left', async (c) => c.text(await reader.hasLeft));
app.get('/throw', () => {
  throw new Error('thrown on purpose');
});

app.get('/compressed', compress(), (c) => c.text('x'.repeat(10_000)));
const sessions = new Map();
app.get('/session', (c) => {
  const id = getCookie(c, 'session') ?? String(sessions.size);
  sessions.set(id, (sessions.get(id) ?? 0) + 1);
  setCookie(c, 'session', id);
  return c.text(String(sessions.get(id)));
});
app.post('/multipart', async (c) => {
  const form = await c.req.formData();
  const { name, size } = form.get('file');
  return c.json({ name, size, field: form.get('field') });
});
const serve = staticMiddleware({ dir: folder });
app.get('/files/*', (c, next) => serve(c.req.raw, next));

export default app;

/** Express, as one starts it without an application server: everything here is the framework's own documentation. */

import { createHash } from 'node:crypto';
import compression from 'compression';
import express from 'express';
import session from 'express-session';
import multer from 'multer';
import { echoWebSockets, files, reader } from './shared.js';

const app = express();

app.get('/', (_req, res) => res.send('hello'));
app.get('/client', (req, res) => res.json({ ip: req.ip, protocol: req.protocol, url: req.originalUrl }));
app.post('/json', express.json({ limit: '5mb' }), (req, res) => res.json(req.body));
app.post('/upload', (req, res) => {
  const hash = createHash('sha256');
  req.on('data', (chunk) => hash.update(chunk)).on('end', () => res.send(hash.digest('hex')));
});
app.get('/download', (_req, res) => res.type('bin').send(Buffer.alloc(3_000_000, 'x')));
app.get('/cookies', (_req, res) => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) res.cookie(name, '1');
  res.send('set');
});
app.get('/redirect', (_req, res) => res.redirect('/'));
app.get('/stream', async (_req, res) => {
  for (const part of ['one ', 'two ', 'three']) {
    res.write(part);
    await new Promise((next) => setImmediate(next));
  }
  res.end();
});
app.get('/events', (req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', Connection: 'keep-alive' });
  res.write('data: first\n\n');
  req.on('close', reader.left);
});
app.get('/reader-left', async (_req, res) => res.send(await reader.hasLeft));
app.get('/throw', () => {
  throw new Error('thrown on purpose');
});
app.get('/early', (_req, res) => {
  res.writeContinue();
  res.writeProcessing();
  res.writeEarlyHints({ link: '</style.css>; rel=preload' });
  res.setHeader('Transfer-Encoding', 'chunked');
  res.setHeader('Trailer', 'X-Sum');
  res.write('not ');
  res.addTrailers({ 'X-Sum': '1' });
  res.end('chunked');
});
app.get('/compressed', compression({ threshold: 0 }), (_req, res) => res.send('x'.repeat(10_000)));
app.get('/session', session({ secret: 's', resave: false, saveUninitialized: true }), (req, res) => {
  req.session.views = (req.session.views ?? 0) + 1;
  res.send(String(req.session.views));
});
app.post('/multipart', multer().single('file'), (req, res) =>
  res.json({ name: req.file.originalname, size: req.file.size, field: req.body.field }),
);
app.use('/files', express.static(files));

const server = app.listen(3000, () => console.log(`listening on ${server.address().port}`));
echoWebSockets(server);
process.on('SIGTERM', () => {
  console.log('the application was told to stop');
  server.close(() => process.exit());
});

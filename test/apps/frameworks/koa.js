import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import compression from 'compression';
import session from 'express-session';
import Koa from 'koa';
import multer from 'multer';
import send from 'send';
import { echoWebSockets, files, reader } from './shared.js';

const app = new Koa();
app.silent = true;

/** As koa-connect does it. */
const connect = (middleware) => (ctx) => {
  ctx.status = 200;
  return new Promise((resolve, reject) => {
    middleware(ctx.req, ctx.res, (error) => (error ? reject(error) : resolve()));
  });
};
const compress = connect(compression({ threshold: 0 }));
const useSession = connect(session({ secret: 's', resave: false, saveUninitialized: true }));
const takeFile = connect(multer().single('file'));

const read = async (stream) => Buffer.concat(await stream.toArray());

const routes = {
  '/': (ctx) => {
    ctx.body = 'hello';
  },
  '/client': (ctx) => {
    ctx.body = { ip: ctx.ip, protocol: ctx.protocol, url: ctx.originalUrl };
  },
  '/json': async (ctx) => {
    ctx.body = JSON.parse(await read(ctx.req));
  },
  '/upload': async (ctx) => {
    ctx.body = createHash('sha256')
      .update(await read(ctx.req))
      .digest('hex');
  },
  '/download': (ctx) => {
    ctx.body = Buffer.alloc(3_000_000, 'x');
  },
  '/cookies': (ctx) => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) ctx.cookies.set(name, '1');
    ctx.body = 'set';
  },
  '/redirect': (ctx) => ctx.redirect('/'),
  '/stream': (ctx) => {
    ctx.type = 'text';
    ctx.body = Readable.from(['one ', 'two ', 'three']);
  },
  '/events': (ctx) => {
    ctx.type = 'text/event-stream';
    const events = new Readable({ read() {} });
    events.push('data: first\n\n');
    ctx.body = events;
    ctx.req.on('close', reader.left);
  },
  '/reader-left': async (ctx) => {
    ctx.body = await reader.hasLeft;
  },
  '/compressed': async (ctx) => {
    await compress(ctx);
    ctx.body = 'x'.repeat(10_000);
  },
  '/session': async (ctx) => {
    await useSession(ctx);
    ctx.req.session.views = (ctx.req.session.views ?? 0) + 1;
    ctx.body = String(ctx.req.session.views);
  },
  '/multipart': async (ctx) => {
    await takeFile(ctx);
    const { file, body } = ctx.req;
    ctx.body = { name: file.originalname, size: file.size, field: body.field };
  },
  '/files/alphabet.txt': (ctx) => {
    ctx.respond = false;
    ctx.status = 200;
    send(ctx.req, 'alphabet.txt', { root: files }).pipe(ctx.res);
  },
  '/throw': () => {
    throw new Error('thrown on purpose');
  },
};
app.use((ctx) => routes[ctx.path]?.(ctx));
echoWebSockets(app.listen(3000));

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import Koa from 'koa';

const app = new Koa();
app.silent = true;

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
  },
  '/throw': () => {
    throw new Error('thrown on purpose');
  },
};
app.use((ctx) => routes[ctx.path]?.(ctx));
app.listen(3000);

/** NestJS as its compiler leaves it: decorators applied by calls. */
import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Get,
  Module,
  Post,
  Req,
  Res,
  StreamableFile,
  UploadedFile,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FileInterceptor } from '@nestjs/platform-express';
import compression from 'compression';
import session from 'express-session';
import { echoWebSockets, files, reader } from './shared.js';

class AppController {
  hello() {
    return 'hello';
  }
  client(req) {
    return { ip: req.ip, protocol: req.protocol, url: req.originalUrl };
  }
  json(body) {
    return body;
  }
  async upload(req, res) {
    res.send(
      createHash('sha256')
        .update(Buffer.concat(await req.toArray()))
        .digest('hex'),
    );
  }
  download() {
    return new StreamableFile(Buffer.alloc(3_000_000, 'x'));
  }
  cookies(res) {
    for (const name of ['a', 'b', 'c', 'd', 'e']) res.cookie(name, '1');
    res.send('set');
  }
  redirect(res) {
    res.redirect('/');
  }
  stream() {
    return new StreamableFile(
      Readable.from([Buffer.from('one '), Buffer.from('two '), Buffer.from('three')]),
    );
  }
  events(req, res) {
    req.on('close', reader.left);
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.write('data: first\n\n');
  }
  readerLeft() {
    return reader.hasLeft;
  }
  compressed() {
    return 'x'.repeat(10_000);
  }
  session(req) {
    req.session.views = (req.session.views ?? 0) + 1;
    return String(req.session.views);
  }
  multipart(file, body) {
    return { name: file.originalname, size: file.size, field: body.field };
  }
  throw() {
    throw new Error('thrown on purpose');
  }
}

const prototype = AppController.prototype;
const decorate = (name, method, ...parameters) => {
  method(prototype, name, Object.getOwnPropertyDescriptor(prototype, name));
  for (const [at, parameter] of parameters.entries()) parameter(prototype, name, at);
};
decorate('hello', Get('/'));
decorate('client', Get('/client'), Req());
decorate('json', Post('/json'), Body());
decorate('upload', Post('/upload'), Req(), Res());
decorate('download', Get('/download'));
decorate('cookies', Get('/cookies'), Res());
decorate('redirect', Get('/redirect'), Res());
decorate('stream', Get('/stream'));
decorate('events', Get('/events'), Req(), Res());
decorate('readerLeft', Get('/reader-left'));
decorate('compressed', Get('/compressed'));
decorate('session', Get('/session'), Req());
decorate('multipart', Post('/multipart'), UploadedFile(), Body());
decorate('multipart', UseInterceptors(FileInterceptor('file')));
decorate('throw', Get('/throw'));
Controller()(AppController);

class AppModule {}
Module({ controllers: [AppController] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
app.useBodyParser('json', { limit: '5mb' });
app.use('/compressed', compression({ threshold: 0 }));
app.use('/session', session({ secret: 's', resave: false, saveUninitialized: true }));
app.useStaticAssets(files, { prefix: '/files/' });
echoWebSockets(app.getHttpServer());
await app.listen(3000);

/** NestJS as its compiler leaves it: decorators applied by calls. */
import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Body, Controller, Get, Module, Post, Req, Res, StreamableFile } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

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
  events(res) {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.write('data: first\n\n');
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
decorate('events', Get('/events'), Res());
decorate('throw', Get('/throw'));
Controller()(AppController);

class AppModule {}
Module({ controllers: [AppController] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
app.useBodyParser('json', { limit: '5mb' });
await app.listen(3000);

/** Messages of an Express application: born with its prototypes, so that V8 knows the one from the other by nothing. */
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import express from 'express';
import { expect, it } from 'vitest';
import { ClassesOf, type MessageClasses } from '../../../src/adapters/message-classes.js';
import { adapt } from '../../../src/adapters/node-http.js';
import { WsgiInput } from '../../../src/wsgi/input.js';
import type { Environ } from '../../../src/wsgi/types.js';

setFlagsFromString('--allow-natives-syntax');
const haveSameHiddenClass = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (
  a: object,
  b: object,
) => boolean;

const environ = () =>
  ({
    REQUEST_METHOD: 'GET',
    SCRIPT_NAME: '',
    PATH_INFO: '/',
    QUERY_STRING: '',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REQUEST_URI: '/',
    HTTP_HOST: 'example.org',
    'wsgi.url_scheme': 'http',
    'wsgi.input': new WsgiInput(null, null),
  }) as unknown as Environ;

const isPlain = ({ Request, Response }: MessageClasses) =>
  (Request as unknown) === IncomingMessage && (Response as unknown) === ServerResponse;

it.each(['the application', 'its server'])('Express finds every request like the one before: %s', (what) => {
  const app = express();
  const seen: Array<[IncomingMessage, ServerResponse]> = [];
  app.get('/', (request, response) => {
    expect([request.app, request.hostname, response.app]).toEqual([app, 'example.org', app]);
    seen.push([request, response]);
  });
  const [listener, server] = what === 'its server' ? [null, createServer(app)] : [app, null];
  const application = adapt(listener as never, { server });
  for (let count = 0; count < 3; count++) application(environ(), () => () => true);
  // The first has brought up the hidden classes.
  const [, [request, response], [nextRequest, nextResponse]] = seen as [never, never, never] & typeof seen;
  expect(haveSameHiddenClass(request!, nextRequest!)).toBe(true);
  expect(haveSameHiddenClass(response!, nextResponse!)).toBe(true);
});

it('other listeners get Node’s own classes', () => {
  const classes = new ClassesOf();
  const app = express();
  expect(isPlain(classes.of(app))).toBe(false);
  expect(isPlain(classes.of(() => {}))).toBe(true);
  expect(isPlain(classes.of({ request: app.request, response: app.response }))).toBe(true);
  expect(isPlain(classes.of(Object.assign(() => {}, { request: {}, response: {} })))).toBe(true);
  expect(isPlain(classes.ofServer(null))).toBe(true);
});

it('nobody sees another’s prototypes where several listeners hear of a request', () => {
  const app = express();
  const server = createServer(app);
  const classes = new ClassesOf();
  expect(isPlain(classes.ofServer(server))).toBe(false);
  server.on('request', () => {});
  expect(isPlain(classes.ofServer(server))).toBe(true);
});

it('follows an application that is given other prototypes', () => {
  const app = express();
  const classes = new ClassesOf();
  const { Request } = classes.of(app);
  expect(Request.prototype).toBe(app.request);
  app.request = Object.create(app.request);
  expect(classes.of(app).Request.prototype).toBe(app.request);
});

it('a prototype that would keep Node from making a message waits until there is one', () => {
  const app = express();
  Object.defineProperty(app.request, 'url', { get: () => '/', configurable: true });
  expect(isPlain(new ClassesOf().of(app))).toBe(true);
});

/** Messages of an Express application: born with its prototypes, so that V8 knows the one from the other by nothing. */
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import express from 'express';
import { expect, it } from 'vitest';
import { ClassesOf, type MessageClasses } from '../../../src/adapters/message-classes.js';
import { adapt } from '../../../src/adapters/node-http.js';
import type { Peer } from '../../../src/adapters/peer.js';
import type { BodySource } from '../../../src/wsgi/body-source.js';
import { direct } from '../../../src/wsgi/direct.js';
import { WsgiInput } from '../../../src/wsgi/input.js';
import type { Environ, ResponseSink } from '../../../src/wsgi/types.js';

setFlagsFromString('--allow-natives-syntax');
const haveSameHiddenClass = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (
  a: object,
  b: object,
) => boolean;

const environ = (more: Record<string, unknown> = {}) =>
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
    ...more,
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

it('a prototype that would do so only later does no harm: from then on messages are Node’s own', () => {
  const app = express();
  const seen: unknown[] = [];
  app.use((request, response) => {
    seen.push(Object.hasOwn(request, 'complete'));
    response.end();
  });
  const classes = new ClassesOf();
  const application = adapt(app as never, { server: null });
  application(environ(), () => () => true);
  expect(isPlain(classes.of(app))).toBe(false);
  Object.defineProperty(app.request, 'complete', { get: () => true, configurable: true });
  for (let count = 0; count < 2; count++) application(environ(), () => () => true);
  expect(seen).toEqual([true, true, true]);

  const { Request } = classes.of(app);
  expect(Object.getPrototypeOf(new Request(null as never))).toBe(IncomingMessage.prototype);
  expect(isPlain(classes.of(app))).toBe(true);
});

it('a server’s own classes are those of its messages, whatever listens', () => {
  class Request extends IncomingMessage {
    get isMine(): boolean {
      return this.url === '/';
    }
  }
  class Response extends ServerResponse<IncomingMessage> {
    override end(...args: unknown[]): this {
      ended += 1;
      return super.end(...(args as []));
    }
  }
  let ended = 0;
  const seen: unknown[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    seen.push(request instanceof Request && request.isMine, response instanceof Response);
    response.end();
  };
  for (const more of [
    {},
    { IncomingMessage: Request },
    { IncomingMessage: Request, ServerResponse: Response },
  ]) {
    adapt(null, { server: createServer(more, listener) })(environ(), () => () => true);
  }
  expect(seen).toEqual([false, false, true, false, true, true]);
  expect(ended).toBe(1);

  const classes = new ClassesOf();
  const own = createServer({ ServerResponse: Response }, express());
  expect(classes.ofServer(own)).toEqual({ Request: IncomingMessage, Response });
  expect(isPlain(classes.givenTo(createServer(express())))).toBe(true);
});

it('an upgrade listener gets a request without Express’s accessors', () => {
  const app = express();
  const server = createServer(app);
  const seen: unknown[] = [];
  server.on('upgrade', (request, socket) => {
    Object.assign(request, { query: 'mine' });
    seen.push((request as IncomingMessage & { query?: unknown }).query);
    socket.destroy();
  });
  const incoming = { read() {} } as unknown as BodySource;
  const raw = { upgrade: () => incoming, onGone() {}, abort() {} } as unknown as Peer;
  const asked = environ({ HTTP_UPGRADE: 'websocket', HTTP_CONNECTION: 'upgrade' });
  adapt(null, { server })[direct](asked, { raw } as unknown as ResponseSink, () => undefined);
  expect(seen).toEqual(['mine']);
});

/** What goes over the wire: heads, bodies and their ends, the same for both engines where nothing else is said. */
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpBody } from '../../../src/http/body.js';
import type { HttpRequestHandler } from '../../../src/http/engine.js';
import type { HttpEnviron } from '../../../src/http/environ.js';
import { cleanUp } from '../../support/clean-up.js';
import { engines, head, ok, serve } from './serve.js';

afterEach(cleanUp);

const hello: HttpRequestHandler = (_environ, sink) => sink.respond(ok, 'hello');

/** Answers with what the request's body was. */
const echo: HttpRequestHandler = (environ, sink, body) => {
  sink.respond(ok, `${environ.CONTENT_LENGTH ?? '-'}:${body === null ? 'none' : text(body)}`);
};

function text(body: NonNullable<HttpBody>): string {
  return Buffer.isBuffer(body) ? body.toString('latin1') : `file of ${body.length}`;
}

/** Files of request bodies that this process has open. */
function openBodies(): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((path) => path.includes('uwsgi-node-body-')).length;
}

describe.each(engines)('%s', (engine) => {
  // What the other engine cannot do; docs/http.md says so too.
  const onNode = engine === 'node:http' ? it : () => {};
  const onUws = engine === 'uWebSockets.js' ? it : () => {};

  describe('environ', () => {
    async function environOf(request: string, unix = false): Promise<HttpEnviron> {
      let seen: HttpEnviron | undefined;
      const served = await serve(
        engine,
        (environ, sink) => {
          seen = { ...environ };
          sink.respond(ok, '');
        },
        { unix },
      );
      expect((await served.connect().send(request).response()).status).toBe(200);
      return seen!;
    }

    it('has the keys of uwsgi_params, and one per header', async () => {
      const environ = await environOf(
        'GET /a%20b/../c?d=%20e HTTP/1.1\r\nHost: example.org\r\nX-One: 1\r\nCookie: a\r\ncookie: b\r\nAccept: x\r\nAccept: y\r\n\r\n',
      );
      expect(environ).toEqual({
        QUERY_STRING: 'd=%20e',
        REQUEST_METHOD: 'GET',
        REQUEST_URI: '/a%20b/../c?d=%20e',
        PATH_INFO: '/c',
        DOCUMENT_ROOT: '',
        SERVER_PROTOCOL: 'HTTP/1.1',
        REQUEST_SCHEME: 'http',
        REMOTE_ADDR: '127.0.0.1',
        REMOTE_PORT: engine === 'node:http' ? expect.stringMatching(/^\d+$/) : '',
        SERVER_PORT: expect.stringMatching(/^\d+$/),
        SERVER_NAME: expect.stringMatching(/./),
        SCRIPT_NAME: '',
        HTTP_HOST: 'example.org',
        HTTP_X_ONE: '1',
        HTTP_COOKIE: 'a; b',
        HTTP_ACCEPT: 'x, y',
      });
    });

    it('has no address on a unix socket', async () => {
      const environ = await environOf('GET /? HTTP/1.1\r\nHost: x\r\n\r\n', true);
      expect(environ).toMatchObject({
        REMOTE_ADDR: '',
        REMOTE_PORT: '',
        SERVER_PORT: '80',
        REQUEST_URI: '/?',
        QUERY_STRING: '',
      });
    });

    it('holds the bytes of the target as latin-1', async () => {
      const environ = await environOf('GET /%E9?%E9 HTTP/1.1\r\nHost: x\r\n\r\n');
      expect(environ).toMatchObject({ PATH_INFO: '/\xe9', QUERY_STRING: '%E9' });
    });

    onUws('takes a target in raw UTF-8', async () => {
      const environ = await environOf('GET /\xc3\xa9?\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n');
      expect(environ).toMatchObject({ PATH_INFO: '/\xc3\xa9', QUERY_STRING: '\xc3\xa9' });
    });

    it('keeps an empty header', async () => {
      const environ = await environOf('GET / HTTP/1.1\r\nHost: x\r\nX-Empty:\r\nX-Tab: a\tb\r\n\r\n');
      expect(environ).toMatchObject({ HTTP_X_EMPTY: '', HTTP_X_TAB: 'a\tb' });
    });

    onNode('holds the bytes of headers as latin-1', async () => {
      const environ = await environOf('GET / HTTP/1.1\r\nHost: x\r\nX-L: a\xe9\r\nX-U: \xc3\xa9b\r\n\r\n');
      expect(environ).toMatchObject({ HTTP_X_L: 'a\xe9', HTTP_X_U: '\xc3\xa9b' });
    });

    onNode('drops a name with an underscore, and answers', async () => {
      const environ = await environOf('GET / HTTP/1.1\r\nHost: x\r\nX_User: admin\r\n\r\n');
      expect(environ).not.toHaveProperty('HTTP_X_USER');
    });

    onNode('takes the path of an absolute target', async () => {
      const environ = await environOf('GET http://x.org?q HTTP/1.1\r\nHost: x\r\n\r\n');
      expect(environ).toMatchObject({ REQUEST_URI: '/?q', PATH_INFO: '/', QUERY_STRING: 'q' });
    });
  });

  describe('heads that are refused', () => {
    const get = (target: string, ...headers: string[]) =>
      `GET ${target} HTTP/1.1\r\n${['Host: x', ...headers].map((line) => `${line}\r\n`).join('')}\r\n`;
    const post = (...headers: string[]) => get('/', ...headers).replace('GET', 'POST');
    interface Row {
      request: string;
      status: number;
      /** Where the engine cannot do better; 'silence': no answer until its ten seconds are over. */
      uws?: number | 'silence';
    }
    const rows: Record<string, Row> = {
      'a path above the root': { request: get('/../a'), status: 400 },
      'a broken escape': { request: get('/%zz'), status: 400 },
      'an encoded NUL': { request: get('/%00'), status: 400 },
      'a target of *': { request: get('*').replace('GET', 'OPTIONS'), status: 400, uws: 505 },
      'a target of CONNECT': { request: get('a:443').replace('GET', 'CONNECT'), status: 400, uws: 505 },
      'a method in small letters': { request: get('/').replace('GET', 'get'), status: 400 },
      'two hosts': { request: get('/', 'Host: y'), status: 400 },
      'no host': { request: 'GET / HTTP/1.1\r\n\r\n', status: 400, uws: 'silence' },
      'a length and chunks': {
        request: `${post('Content-Length: 3', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
        status: 400,
      },
      'two different lengths': {
        request: `${post('Content-Length: 3', 'Content-Length: 4')}abc`,
        status: 400,
      },
      'a length that is no number': { request: `${post('Content-Length: 3x')}abc`, status: 400 },
      'a length with a sign': { request: `${post('Content-Length: +3')}abc`, status: 400 },
      'a length beyond counting': { request: post(`Content-Length: ${'9'.repeat(30)}`), status: 400 },
      'another transfer coding': { request: `${post('Transfer-Encoding: gzip')}abc`, status: 400 },
      'a folded header': { request: get('/', 'X-A: 1', '  2'), status: 400, uws: 'silence' },
      'a blank before the colon': { request: get('/', 'X-A : 1'), status: 400, uws: 'silence' },
      'a NUL in a value': { request: get('/', 'X-A: a\0b'), status: 400, uws: 'silence' },
      'no HTTP at all': { request: '\x16\x03\x01\x02\x00\r\n\r\n', status: 400, uws: 505 },
      'HTTP/2.0': { request: get('/').replace('1.1', '2.0'), status: 505 },
      'a head beyond buffer-size': { request: get('/', `X-A: ${'a'.repeat(5_000)}`), status: 431 },
      'a target beyond buffer-size': { request: get(`/${'a'.repeat(5_000)}`), status: 431 },
    };
    const answered = Object.entries(rows)
      .map(([name, { request, status, uws = status }]) => ({
        name,
        request,
        expected: engine === 'node:http' ? status : uws,
      }))
      .filter(({ expected }) => expected !== 'silence');
    it.each(answered)('$name', async ({ request, expected }) => {
      let called = false;
      const served = await serve(engine, () => (called = true), { bufferSize: 4_096 });
      const client = served.connect().send(request);
      const response = await client.response();
      expect(response.status).toBe(expected);
      await client.untilClosed();
      expect(called).toBe(false);
      // What its parser refuses, uWebSockets.js does not tell.
      const told = engine === 'node:http' || served.refused.length > 0;
      if (told) expect(served.refused).toEqual([expect.stringContaining(String(expected))]);
    });

    it('does not run what follows a request of unclear length', async () => {
      const seen: string[] = [];
      const served = await serve(engine, (environ, sink) => {
        seen.push(environ.PATH_INFO);
        sink.respond(ok, '');
      });
      const client = served.connect();
      client.send(`${post('Content-Length: 3', 'Content-Length: 30')}abc${get('/smuggled')}`);
      await client.untilClosed();
      expect(seen).toEqual([]);
    });
  });

  describe('responses', () => {
    type Row = [reason: string, handler: HttpRequestHandler, expected: object, method?: string];
    const rows: Row[] = [
      ['a string', hello, { status: 200, body: 'hello', length: '5' }],
      ['a string as UTF-8', (_, s) => s.respond(ok, 'é€'), { body: '\xc3\xa9\xe2\x82\xac', length: '5' }],
      ['bytes', (_, s) => s.respond(ok, Buffer.from([0, 255])), { body: '\0\xff', length: '2' }],
      ['nothing', (_, s) => s.respond(ok, ''), { body: '', length: '0' }],
      [
        'its own length',
        (_, s) => s.respond(head('200 OK', [['content-length', '2']]), 'ok'),
        { body: 'ok', length: '2' },
      ],
      ['an odd status', (_, s) => s.respond(head('299 '), 'x'), { status: 299, body: 'x' }],
      [
        'a reason in latin-1',
        (_, s) => s.respond(head('404 Pas trouv\xe9', [['X-A', '\xe9']]), ''),
        { statusLine: 'HTTP/1.1 404 Pas trouv\xe9', xa: '\xe9' },
      ],
      ['HEAD', (_, s) => s.respond(head('200 OK', [['Content-Length', '5']]), null), { length: '5' }, 'HEAD'],
      ['HEAD with a body', hello, { status: 200, body: '' }, 'HEAD'],
      [
        'HEAD, streamed',
        (_, s) => {
          s.begin(head('200 OK', [['Content-Length', '10']]), 'hello');
          s.write('hello');
          s.end();
        },
        { status: 200, body: '', length: '10' },
        'HEAD',
      ],
      ['204', (_, s) => s.respond(head('204 No Content'), null), { status: 204, length: undefined }],
      [
        '204 with a length',
        (_, s) => s.respond(head('204 No Content', [['Content-Length', '0']]), null),
        { status: 204, length: undefined },
      ],
      [
        '304 with the length of what it stands for',
        (_, s) => s.respond(head('304 Not Modified', [['Content-Length', '5']]), null),
        { status: 304, length: '5' },
      ],
      [
        'chunks',
        (_, s) => {
          s.begin(ok, 'one ');
          s.write('');
          s.write(Buffer.from('two'));
          s.end();
        },
        { body: 'one two', length: undefined, coding: 'chunked' },
      ],
      [
        'chunks, the first one late',
        (_, s) => {
          s.begin(ok, null);
          setImmediate(() => {
            s.write('late');
            s.end();
          });
        },
        { body: 'late', coding: 'chunked' },
      ],
      [
        'no chunk at all',
        (_, s) => {
          s.begin(ok, null);
          s.end();
        },
        { status: 200, body: '' },
      ],
      [
        'a stream of known length',
        (_, s) => {
          s.begin(head('200 OK', [['Content-Length', '6']]), 'one');
          s.write('two');
          s.end();
        },
        { body: 'onetwo', length: '6', coding: undefined },
      ],
      [
        'a stream of length 0',
        (_, s) => {
          s.begin(head('200 OK', [['Content-Length', '0']]), null);
          s.end();
        },
        { body: '', length: '0' },
      ],
      [
        'more than it promised',
        (_, s) => s.respond(head('200 OK', [['Content-Length', '3']]), 'abcdef'),
        { body: 'abc', length: '3' },
      ],
      [
        'repeated headers, in order',
        (_, s) =>
          s.respond(
            head('200 OK', [
              ['Set-Cookie', 'a'],
              ['Set-Cookie', 'b'],
            ]),
            '',
          ),
        { cookies: ['a', 'b'] },
      ],
    ];
    for (const when of ['at once', 'later'] as const) {
      it.each(rows)(`%s, ${when}`, async (_reason, handler, expected, method = 'GET') => {
        const served = await serve(engine, (environ, sink, body) => {
          if (when === 'at once') handler(environ, sink, body);
          else setImmediate(() => handler(environ, sink, body));
        });
        const client = served.connect();
        const request = `${method} / HTTP/1.1\r\nHost: x\r\n\r\n`;
        const first = await client.send(request).response(method);
        // A second one on the same connection shows where the first one ended.
        const second = await client.send(request).response(method);
        expect(second.statusLine).toBe(first.statusLine);
        expect(client.rest).toBe('');
        expect(first.headers.filter(([name]) => name === 'date')).toHaveLength(1);
        expect({
          ...first,
          length: first.header('content-length'),
          coding: first.header('transfer-encoding'),
          xa: first.header('x-a'),
          cookies: first.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value),
        }).toMatchObject(expected);
      });
    }

    it('lets no Date of the application stand beside its own', async () => {
      const served = await serve(engine, (_, sink) => sink.respond(head('200 OK', [['Date', 'today']]), ''));
      const response = await served.connect().send('GET / HTTP/1.1\r\nHost: x\r\n\r\n').response();
      expect(response.headers.filter(([name]) => name === 'date')).toHaveLength(1);
    });

    it('sends the headers that start_response was given, whatever becomes of their list', async () => {
      const served = await serve(engine, (_, sink) => {
        const list: [string, string][] = [['X-A', '\xa0a']];
        const given = head('200 OK', list);
        list[0]![1] = 'changed';
        list.push(['X-B', 'late']);
        sink.respond(given, 'hello');
      });
      const response = await served.connect().send('GET / HTTP/1.1\r\nHost: x\r\n\r\n').response();
      expect([response.header('x-a'), response.header('x-b')]).toEqual(['\xa0a', undefined]);
    });

    it.each([['fewer bytes than promised', (engine: HttpEngine) => engine]])(
      'lets the client notice %s',
      async () => {
        const served = await serve(engine, (_, sink) => {
          sink.begin(head('200 OK', [['Content-Length', '10']]), 'abc');
          sink.end();
        });
        const client = served.connect().send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        await expect(client.response()).rejects.toThrow('the connection ended within a response');
      },
    );

    it('lets the client notice a response that is given up', async () => {
      const served = await serve(engine, (_, sink) => {
        sink.begin(ok, 'abc');
        setImmediate(() => sink.abort());
      });
      const client = served.connect().send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await expect(client.response()).rejects.toThrow('the connection ended within a response');
    });

    it('answers nothing where the application gives up before its head', async () => {
      const served = await serve(engine, (_, sink) => sink.abort());
      const client = served.connect().send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await client.untilClosed();
      expect(client.rest).toBe('');
    });
  });

  describe('request bodies', () => {
    const post = (headers: string, body: string) => `POST / HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n${body}`;
    it.each([
      ['none', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', '-:none'],
      ['length 0', post('Content-Length: 0', ''), '0:none'],
      ['a length', post('Content-Length: 5', 'hello'), '5:hello'],
      ['any bytes', post('Content-Length: 3', '\0\xff\n'), '3:\0\xff\n'],
      [
        'chunks',
        post('Transfer-Encoding: chunked', '3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n'),
        '13:abc0123456789',
      ],
      ['no chunk', post('Transfer-Encoding: chunked', '0\r\n\r\n'), '0:'],
      ['as much as post-buffering', post('Content-Length: 20', 'x'.repeat(20)), `20:${'x'.repeat(20)}`],
      ['more than post-buffering', post('Content-Length: 21', 'x'.repeat(21)), '21:file of 21'],
      [
        'chunks beyond post-buffering',
        post('Transfer-Encoding: chunked', `${'a\r\n0123456789\r\n'.repeat(3)}0\r\n\r\n`),
        '30:file of 30',
      ],
    ])('%s', async (_, request, expected) => {
      const served = await serve(engine, echo, { postBuffering: 20 });
      const client = served.connect();
      for (let round = 0; round < 2; round += 1) {
        const response = await client.send(request).response();
        expect(response.body).toBe(expected.replaceAll('\xff', '\xc3\xbf'));
      }
    });

    onNode('chunks with extensions and trailers', async () => {
      const served = await serve(engine, echo);
      const request = post('Transfer-Encoding: chunked', '3;a=b\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n');
      expect((await served.connect().send(request).response()).body).toBe('3:abc');
    });

    it('arrive byte by byte', async () => {
      const served = await serve(engine, echo);
      const client = served.connect();
      client.socket.setNoDelay(true);
      for (const byte of post('Content-Length: 5', 'hello')) {
        await new Promise((resolve) => client.socket.write(byte, 'latin1', resolve));
      }
      expect((await client.response()).body).toBe('5:hello');
    });

    it('over limit-post are refused, and the connection survives a small rest', async () => {
      const served = await serve(engine, echo, { limitPost: 100 });
      const client = served.connect().send(post('Content-Length: 101', 'x'.repeat(50)));
      expect((await client.response()).status).toBe(413);
      client.send('x'.repeat(51));
      expect((await client.send(post('Content-Length: 1', 'y')).response()).body).toBe('1:y');
      expect(served.refused).toEqual(['413 Content Too Large: the body is larger than limit-post']);
    });

    it('over limit-post are refused when they come in chunks, and their file is closed', async () => {
      const served = await serve(engine, echo, { limitPost: 100, postBuffering: 20 });
      const client = served.connect();
      client.send(post('Transfer-Encoding: chunked', `32\r\n${'x'.repeat(50)}\r\n`));
      while (openBodies() === 0) await new Promise(setImmediate);
      client.send(`33\r\n${'x'.repeat(51)}\r\n`);
      expect((await client.response()).status).toBe(413);
      expect(openBodies()).toBe(0);
    });

    it('in a file leave none open when the response is complete', async () => {
      const served = await serve(engine, echo, { postBuffering: 20 });
      await served
        .connect()
        .send(post('Content-Length: 30', 'x'.repeat(30)))
        .response();
      while (openBodies() > 0) await new Promise(setImmediate);
    });

    it('are asked for with 100 Continue', async () => {
      const served = await serve(engine, echo);
      const client = served.connect().send(post('Content-Length: 5\r\nExpect: 100-continue', ''));
      expect((await client.response()).status).toBe(100);
      expect((await client.send('hello').response()).body).toBe('5:hello');
    });

    onNode('are not asked for when they are too large', async () => {
      const served = await serve(engine, echo, { limitPost: 10 });
      const client = served.connect().send(post('Content-Length: 11\r\nExpect: 100-continue', ''));
      expect((await client.response()).status).toBe(413);
    });

    it('in broken chunks are refused', async () => {
      const served = await serve(engine, echo);
      const client = served.connect().send(post('Transfer-Encoding: chunked', 'zz\r\nabc\r\n0\r\n\r\n'));
      expect((await client.response()).status).toBe(400);
    });

    onNode(
      'whose client leaves before their end are said to be cut short, not to be something else',
      async () => {
        const served = await serve(engine, echo);
        const client = served.connect().send(post('Content-Length: 5', 'hel'));
        client.socket.end();
        expect((await client.response()).status).toBe(400);
        expect(served.refused).toEqual([
          '400 Bad Request: the client ended its connection inside the request',
        ]);
      },
    );
  });
});

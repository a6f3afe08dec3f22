import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpRequestHandler } from '../../../src/http/engine.js';
import { readProxyLine } from '../../../src/http/proxy-line.js';
import { cleanUp } from '../../support/clean-up.js';
import { ok, serve } from './serve.js';

afterEach(cleanUp);

const read = (text: string) => readProxyLine(Buffer.from(text, 'latin1'));

describe('a line', () => {
  it.each([
    ['PROXY TCP4 1.2.3.4 5.6.7.8 1111 65535', ['1.2.3.4', '1111', '5.6.7.8', '65535']],
    ['PROXY TCP6 2001:db8::1 ::1 0 80', ['2001:db8::1', '0', '::1', '80']],
  ])('%s says who the client is', (line, [address, port, serverAddress, serverPort]) => {
    const peer = { address, port, serverAddress, serverPort };
    expect(read(`${line}\r\nGET / HTTP/1.1\r\n`)).toEqual({ kind: 'line', peer, size: line.length + 2 });
  });

  it.each(['PROXY UNKNOWN', 'PROXY UNKNOWN ffff::1 ffff::2 1 2'])('%s says nothing', (line) => {
    expect(read(`${line}\r\n`)).toEqual({ kind: 'line', peer: null, size: line.length + 2 });
  });

  it.each([
    'PROXY TCP4 1.2.3.4',
    'PROXY TCP4 ::1 ::1 1 2',
    'PROXY TCP6 1.2.3.4 5.6.7.8 1 2',
    'PROXY TCP4 name name 1 2',
    'PROXY TCP4 1.2.3.4 5.6.7.8 65536 2',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3',
    'PROXY TCP4  1.2.3.4 5.6.7.8 1 2',
    'PROXY UDP4 1.2.3.4 5.6.7.8 1 2',
    'PROXY UNKNOWNS',
    `PROXY UNKNOWN ${'1'.repeat(100)}`,
  ])('is malformed: %s', (line) => expect(read(`${line}\r\n`)).toEqual({ kind: 'malformed' }));

  it('is waited for while it may still come', () => {
    const line = 'PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n';
    for (let length = 0; length < line.length; length += 1) {
      expect(read(line.slice(0, length))).toEqual({ kind: 'more' });
    }
    expect(read(`PROXY ${' '.repeat(100)}`)).toEqual({ kind: 'more' });
    expect(read(`PROXY ${' '.repeat(101)}`)).toEqual({ kind: 'malformed' });
    expect(['P', '\r\n', '\r\n\r\n\0'].map(read)).toEqual(Array(3).fill({ kind: 'more' }));
  });

  it('is none where the connection begins otherwise, and of another version where it is binary', () => {
    expect(['GET / HTTP/1.1\r\n', 'PROX', 'POST', '\r\nGET'].map((text) => read(text).kind)).toEqual([
      'none',
      'more',
      'none',
      'none',
    ]);
    expect(read('\r\n\r\n\0\r\nQUIT\n\x21').kind).toBe('version2');
  });
});

describe('ahead of requests', () => {
  const peers: HttpRequestHandler = (environ, sink) => {
    const { REMOTE_ADDR, REMOTE_PORT, SERVER_ADDR, SERVER_PORT, PATH_INFO } = environ;
    sink.respond(ok, [REMOTE_ADDR, REMOTE_PORT, SERVER_ADDR, SERVER_PORT, PATH_INFO].join(' '));
  };
  const start = () => serve('node:http', peers, { enableProxyProtocol: true, socketTimeout: 1 });
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const line = 'PROXY TCP4 1.2.3.4 5.6.7.8 1111 2222\r\n';

  it('it holds for all of the connection, in one piece with the first or in many', async () => {
    const served = await start();
    const client = served.connect();
    expect((await client.send(line + get('/a') + get('/b')).response()).body).toBe(
      '1.2.3.4 1111 5.6.7.8 2222 /a',
    );
    expect((await client.response()).body).toBe('1.2.3.4 1111 5.6.7.8 2222 /b');
    expect((await client.send(get('/c')).response()).body).toBe('1.2.3.4 1111 5.6.7.8 2222 /c');

    const slow = served.connect();
    await once(slow.socket, 'connect');
    slow.socket.setNoDelay(true);
    for (const character of line) {
      slow.socket.write(character);
      await new Promise(setImmediate);
    }
    expect((await slow.send(get('/d')).response()).body).toBe('1.2.3.4 1111 5.6.7.8 2222 /d');
  });

  it('there need be none, as with health checks', async () => {
    const served = await start();
    const client = served.connect();
    await once(client.socket, 'connect');
    const { localPort } = client.socket;
    const port = served.address.split(':').at(-1);
    expect((await client.send(get('/a')).response()).body).toBe(`127.0.0.1 ${localPort}  ${port} /a`);
    expect(
      (
        await served
          .connect()
          .send(`PROXY UNKNOWN\r\n${get('/b')}`)
          .response()
      ).body,
    ).toMatch(/^127\.0\.0\.1 .*\/b$/);
  });

  it('a bad one is refused, and so is one that does not come to its end', async () => {
    const served = await start();
    const answers = ['PROXY TCP4 x\r\n', '\r\n\r\n\0\r\nQUIT\n', 'PROXY '].map((text) =>
      served.connect().send(text).response(),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([400, 400, 408]);
    expect(
      served.refused.map((reason) => reason.replace(/^(\d+).*: the (\w+ \w+).*/, '$1 $2')).sort(),
    ).toEqual(['400 line of', '400 peer speaks', '408 request did']);
  });
});

import { afterAll, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const space = new Workspace();
afterAll(() => space.remove());

/** The addresses that are bound, without the one of the workspace itself. */
const addresses = (...argv: string[]) =>
  space
    .run(argv)
    .settings.sockets.slice(1)
    .map(({ address }) => address);
const codes = (...argv: string[]) => space.codes(argv);

it('=N is the address of a shared socket, wherever that line stands', () => {
  const shared = ['--shared-socket', ':8000', '--shared-socket', 'a.sock'];
  expect(addresses('--socket', '=1', ...shared, '--http-socket', '=0')).toEqual(['a.sock', ':8000']);
  expect(codes('--socket', '=2', ...shared)).toEqual(['NO_SHARED_SOCKET']);
  expect(codes('--socket', '=0')).toEqual(['NO_SHARED_SOCKET']);
  expect(codes('--socket', '=x')).toEqual(['INVALID_ADDRESS']);
  expect(codes('--shared-socket', '=0')).toEqual(['INVALID_ADDRESS']);
});

it('abstract-socket makes unix sockets abstract, and leaves the others alone', () => {
  const sockets = ['--socket', 'app', '--socket', '@other', '--socket', '127.0.0.1:0'];
  expect(addresses(...sockets, '--abstract-socket')).toEqual(['@app', '@other', '127.0.0.1:0']);
  expect(addresses(...sockets, '--set', 'abstract-socket=false')[0]).toBe('app');
});

it.each([
  ['app.sock', './app.sock'],
  ['run/../app.sock', `${space.folder}/app.sock`],
  [':8080', '0.0.0.0:8080'],
  ['*:8080', ':8080'],
  ['[::1]:80', '[::1]:80'],
  ['@app', '@app'],
])('%s and %s are one socket, which is refused with both places', (first, second) => {
  space.file('twice.ini', '[uwsgi]', `socket = ${first}`, `http-socket = ${second}`);
  expect(space.mistakes(['--ini', 'twice.ini', '--need-app=false'])).toEqual([
    expect.stringMatching(
      /^twice\.ini:3: http-socket = .*: this socket is listened on already \(twice\.ini:2\)/,
    ),
  ]);
});

it('paths below another chdir are others, and port 0 is always another', () => {
  expect(addresses('--socket', '127.0.0.1:0', '--socket', '127.0.0.1:0')).toHaveLength(2);
  expect(codes('--chdir', '/srv', '--socket', 'a.sock', '--socket', '/srv/a.sock')).toEqual(['SOCKET_TWICE']);
  expect(addresses('--socket', 'a.sock', '--socket', '/srv/a.sock')).toHaveLength(2);
});

it('options of TCP land in what listeners are bound with', () => {
  const { tcp } = space.run([
    ...['--reuse-port', '--freebind', '--so-keepalive', '--no-defer-accept', '--tcp-fast-open', '9'],
    ...['--socket-sndbuf', '4096', '--socket-rcvbuf', '8192'],
  ]).settings;
  expect(tcp).toEqual({
    reusePort: true,
    freeBind: true,
    keepAlive: true,
    deferAccept: false,
    fastOpen: 9,
    sendBuffer: 4096,
    receiveBuffer: 8192,
  });
});

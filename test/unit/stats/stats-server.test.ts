import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { native } from '../../../src/native.js';
import { readStatistics } from '../../../src/stats/client.js';
import { StatsServer } from '../../../src/stats/stats-server.js';
import { cleanUp, makeDirectory, onCleanUp } from '../../support/clean-up.js';

afterEach(cleanUp);

const report = { version: 'x', workers: [] };

function serve(address: string, { overHttp = false, text = JSON.stringify(report) } = {}) {
  const bound = native.bindListener(address, { backlog: 8, mode: null, deferAccept: false });
  const logged: string[] = [];
  const server = new StatsServer(bound.fd, {
    report: () => {
      if (text === '') throw new Error('no report');
      return text;
    },
    overHttp: () => overHttp,
    log: (line) => logged.push(line),
  });
  onCleanUp(() => server.close());
  return { name: bound.name, logged, server };
}

const textOf = async (socket: Socket) => {
  let text = '';
  socket.setEncoding('latin1').on('data', (more) => {
    text += more;
  });
  await once(socket, 'close');
  return text;
};

const portOf = (name: string) => Number(name.slice(name.lastIndexOf(':') + 1));

describe('whoever connects', () => {
  it.each(['tcp', 'unix', 'abstract'])('gets the statistics over %s', async (kind) => {
    const folder = await makeDirectory();
    const address = { tcp: '127.0.0.1:0', unix: join(folder, 's'), abstract: `@${folder}` }[kind]!;
    expect(await readStatistics(serve(address).name)).toEqual(report);
  });

  it('may say something all the same', async () => {
    const { name } = serve('127.0.0.1:0');
    const socket = connect(portOf(name), '127.0.0.1', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    expect(await textOf(socket)).toBe(JSON.stringify(report));
  });

  it('does not wait for another one that does not read', async () => {
    const { name } = serve('127.0.0.1:0', { text: JSON.stringify({ ...report, fill: 'x'.repeat(8e6) }) });
    const lazy = connect(portOf(name), '127.0.0.1').pause();
    onCleanUp(() => lazy.destroy());
    await once(lazy, 'connect');
    const all = await Promise.all([1, 2, 3].map(() => readStatistics(name)));
    expect(all.map(({ version }) => version)).toEqual(['x', 'x', 'x']);
  });

  it('gets nothing when there is no report, and the log says why', async () => {
    const { name, logged } = serve('127.0.0.1:0', { text: '' });
    expect(await textOf(connect(portOf(name), '127.0.0.1'))).toBe('');
    expect(logged).toEqual([expect.stringContaining('stats: Error: no report')]);
  });

  it('is let go when the server ends', async () => {
    const { name, server } = serve('127.0.0.1:0', { overHttp: true });
    const socket = connect(portOf(name), '127.0.0.1');
    await once(socket, 'connect');
    // Accepted by the time another one has been served.
    await readStatistics(`http://${name}`);
    server.close();
    expect(await textOf(socket)).toBe('');
  });
});

describe('stats-http', () => {
  it('waits for a request, whole or in pieces, and answers with a head', async () => {
    const { name } = serve('127.0.0.1:0', { overHttp: true });
    const socket = connect(portOf(name), '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n'));
    setImmediate(() => socket.write('\r\n'));
    const text = await textOf(socket);
    expect(text).toMatch(/^HTTP\/1\.0 200 OK\r\nConnection: close\r\nAccess-Control-Allow-Origin: \*\r\n/);
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toEqual(report);
  });

  it('is found out by our own client, told or not', async () => {
    const { name } = serve('127.0.0.1:0', { overHttp: true });
    expect(await readStatistics(`http://${name}/`)).toEqual(report);
    expect(await readStatistics(name)).toEqual(report);
  });
});

describe('the client', () => {
  it('says when nobody is there', async () => {
    const folder = await makeDirectory();
    await expect(readStatistics(join(folder, 'nobody'))).rejects.toMatchObject({
      code: 'UWSGI_STATS_UNREACHABLE',
    });
  });

  it('says when somebody else is there', async () => {
    const { name } = serve('127.0.0.1:0', { text: 'SSH-2.0' });
    await expect(readStatistics(name)).rejects.toThrow(/does not send statistics but "SSH-2.0"/);
  });
});

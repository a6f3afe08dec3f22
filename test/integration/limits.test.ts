/** What the built server does when something runs out: descriptors, places for requests. And the lines it writes. */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { startEngine } from '../support/engine.js';
import { CLI, type RunningServer, statOf } from '../support/server.js';
import { encodeRequest, open, readResponse, request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });
afterEach(cleanUp);

const to = (path: string, query = '') => requestVars({ PATH_INFO: path, QUERY_STRING: query });

/** CPU time of a process, milliseconds (ticks are 10 ms). */
const cpuTime = (pid: number) => {
  const stat = statOf(pid);
  return (Number(stat[11]) + Number(stat[12])) * 10;
};

const descriptorLine = /accept\(\) failed \(errno 24\): out of file descriptors/;

describe('without file descriptors', () => {
  /** More connections than there are descriptors, none of which says what it wants. */
  async function exhaust(server: RunningServer): Promise<Socket[]> {
    const sockets: Socket[] = [];
    while (server.lines.matching(descriptorLine).length === 0) {
      const socket = await open(server.address);
      socket.write(encodeRequest({ vars: to('/') }).subarray(0, 10));
      sockets.push(socket);
      if (sockets.length > 200) throw new Error('200 connections and still no end of descriptors');
    }
    return sockets;
  }

  it('the server waits without spinning, and recovers', async () => {
    const server = await startEngine('behaviours', 'unix', ['--socket-timeout', '20'], {
      command: ['sh', '-c', 'ulimit -n 64; exec "$0" "$@"', process.execPath, CLI],
    });
    const [worker] = server.workers;
    const sockets = await exhaust(server);
    const waiting = request(server.address, { vars: to('/') });
    const [begin, before] = [performance.now(), cpuTime(worker!)];
    const from = server.lines.position;
    // Each of these is a try that failed; between them the server has nothing to do.
    await server.lines.waitFor(descriptorLine, { from });
    await server.lines.waitFor(descriptorLine, { from: from + 1 });
    await server.lines.waitFor(descriptorLine, { from: from + 2 });
    const share = (cpuTime(worker!) - before) / (performance.now() - begin);
    expect(share).toBeLessThan(0.3);
    for (const socket of sockets) socket.destroy();
    expect((await waiting).status).toBe(200);
    expect(server.workers).toEqual([worker]);
  });
});

describe('async', () => {
  it('bounds the unfinished requests of a thread; others wait in the backlog', async () => {
    const server = await startEngine('waiting', 'unix', ['--async', '2']);
    const first = await Promise.all([open(server.address), open(server.address)]);
    for (const socket of first) socket.write(encodeRequest({ vars: to('/signal') }));
    let isAnswered = false;
    const third = request(server.address, { modifier1: 100 }).then((answer) => {
      isAnswered = true;
      return answer;
    });
    const [begin, before] = [performance.now(), cpuTime(server.workers[0]!)];
    // An interval to measure in: that nothing happens is no event.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isAnswered).toBe(false);
    expect((cpuTime(server.workers[0]!) - before) / (performance.now() - begin)).toBeLessThan(0.3);
    first[0]!.destroy();
    expect((await third).raw).toEqual(Buffer.from([100, 0, 0, 1]));
    first[1]!.destroy();
  });

  it('lets another thread take over what one has no place for', async () => {
    const server = await startEngine('waiting', 'unix', ['--async', '1', '--threads', '2']);
    const sockets = await Promise.all([open(server.address), open(server.address)]);
    for (const socket of sockets) socket.write(encodeRequest({ vars: to('/signal') }));
    for (const socket of sockets) socket.destroy();
    // Both threads had one, and both are free again.
    await expect.poll(() => server.lines.matching(/\bsignal fired: true$/).length).toBe(2);
    expect((await request(server.address, { modifier1: 100 })).raw).toHaveLength(4);
  });
});

describe('the request log', () => {
  const format = new RegExp(
    [
      /^\[pid: (?<pid>\d+)\|app: (?<app>\d+)\|req: (?<req>\d+)\/(?<all>\d+)\] /,
      /(?<addr>\S*) \((?<user>[^)]*)\) \{(?<vars>\d+) vars in (?<size>\d+) bytes\} /,
      /\[(?<time>\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})\] (?<method>\S*) (?<uri>.*) => /,
      /generated (?<bytes>\d+) bytes in (?<msecs>\d+) msecs \((?<protocol>\S*) (?<status>\d+)\) /,
      /(?<headers>\d+) headers in (?<hsize>\d+) bytes \((?<switches>\d+) switches on core (?<core>\d+)\)$/,
    ]
      .map(({ source }) => source)
      .join(''),
  );
  const lineOf = async (server: RunningServer, uri: string) => {
    const pattern = new RegExp(`\\] GET ${uri.replace(/[?.\\]/g, '\\$&')} =>`);
    const [line] = await server.lines.waitFor(pattern).then(() => server.lines.matching(pattern));
    return format.exec(line!)?.groups;
  };

  it('has a line for every request that says what it was', async () => {
    const server = await startEngine('downloads', 'unix');
    const vars = {
      ...to('/buffer', '12'),
      REQUEST_URI: '/buffer?12',
      REMOTE_ADDR: '10.0.0.9',
      REMOTE_USER: 'ann',
    };
    const { raw, body } = await request(server.address, { vars });
    const size = Object.entries(vars).reduce((sum, [key, value]) => sum + key.length + value.length + 4, 0);
    expect(await lineOf(server, '/buffer?12')).toMatchObject({
      pid: String(server.workers[0]),
      req: '1',
      addr: '10.0.0.9',
      user: 'ann',
      vars: String(Object.keys(vars).length * 2),
      size: String(size),
      method: 'GET',
      bytes: '12',
      protocol: 'HTTP/1.1',
      status: '200',
      headers: '2',
      hsize: String(raw.length - body.length),
      core: '0',
    });
    await request(server.address, { vars: { ...to('/generator', '200000'), REQUEST_URI: '/stream' } });
    expect(await lineOf(server, '/stream')).toMatchObject({ req: '2', bytes: '200000', status: '200' });
  });

  it('has one for errors and for peers that leave', async () => {
    const server = await startEngine('errors', 'unix');
    await request(server.address, { vars: { ...to('/sync'), REQUEST_URI: '/broken' } });
    expect(await lineOf(server, '/broken')).toMatchObject({ status: '500', bytes: '22' });
    await request(server.address, { vars: { ...to('/after-head'), REQUEST_URI: '/half' } });
    expect(await lineOf(server, '/half')).toMatchObject({ status: '200', bytes: '14' });
  });

  it('cannot be forged', async () => {
    const server = await startEngine('downloads', 'unix');
    const forged = `/x\n[pid: 1|app: 0|req: 1/1] 6.6.6.6 () {2 vars in 2 bytes} [now] GET /forged => generated`;
    await request(server.address, { vars: { ...to('/buffer', '1'), REQUEST_URI: forged } });
    await request(server.address, { vars: { ...to('/buffer', '1'), REQUEST_URI: '/last' } });
    await lineOf(server, '/last');
    expect(server.lines.matching(/^\[pid: /)).toHaveLength(2);
    expect(server.lines.matching(/GET \/x\\x0a\[pid: 1\|/)).toHaveLength(1);
  });

  it('keeps every line whole when many are written at once', async () => {
    const server = await startEngine('downloads', 'unix', ['--processes', '2', '--threads', '2']);
    const uris = Array.from({ length: 400 }, (_, i) => `/${i}-${'x'.repeat(i)}`);
    for (let at = 0; at < uris.length; at += 50) {
      await Promise.all(
        uris
          .slice(at, at + 50)
          .map((uri) => request(server.address, { vars: { ...to('/buffer', '1'), REQUEST_URI: uri } })),
      );
    }
    await server.stop();
    const lines = server.lines.matching(/^\[pid: /).map((line) => format.exec(line)?.groups?.uri);
    expect(lines.sort()).toEqual([...uris].sort());
  });

  it('is silent with disable-logging, but for what goes wrong', async () => {
    const server = await startEngine('errors', 'unix', ['--disable-logging']);
    await request(server.address, { vars: to('/sync') });
    await server.lines.waitFor(/on purpose: sync/);
    await server.stop();
    expect(server.lines.matching(/^\[pid: /)).toEqual([]);
  });
});

describe('draining', () => {
  it('answers what has been accepted, also what is still being sent', async () => {
    const server = await startEngine('behaviours', 'unix');
    const bytes = encodeRequest({ vars: to('/') });
    const socket = await open(server.address);
    const answer = readResponse(socket);
    socket.write(bytes.subarray(0, 10));
    await request(server.address, { vars: to('/') });
    server.kill('SIGTERM');
    await server.lines.waitFor(/SIGTERM received/);
    socket.write(bytes.subarray(10));
    expect((await answer).status).toBe(200);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });
});

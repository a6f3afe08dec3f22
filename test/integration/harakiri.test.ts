/** Requests that take too long, with real processes: what their clients, their neighbours and the log get to see. */
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { startNginx } from '../support/nginx.js';
import { missingPrograms, skipped } from '../support/requirements.js';
import { type RunningServer, startServer, statOf } from '../support/server.js';

vi.setConfig({ testTimeout: 60_000 });
// They run at the same time: most of it is waiting.
afterAll(cleanUp);

const hanging = fileURLToPath(new URL('../apps/hanging.js', import.meta.url));

interface Started {
  instance: Instance;
  server: RunningServer;
}

async function start(...more: string[]): Promise<Started> {
  const instance = await Instance.make();
  const args = instance.args('--wsgi-file', hanging, '--harakiri', '1', ...more);
  return { instance, server: await startServer({ args }) };
}

/** Its status and body, over HTTP. */
async function fetchFrom(server: RunningServer, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://${server.addresses.at(-1)}${path}`);
  return { status: response.status, text: (await response.text()).trim() };
}

describe.concurrent('a thread that hangs', () => {
  it.skipIf(skipped('harakiri behind nginx', missingPrograms('nginx')))(
    'is replaced, and its client behind nginx gets a 504; the neighbours notice nothing',
    async () => {
      const { instance, server } = await start('--threads', '2');
      const pass = `location / { include uwsgi_params; uwsgi_pass unix:${instance.socketPath}; }`;
      const nginx = await startNginx({ server: pass, user: 'root' });
      const hang = nginx.fetch('/hang?why');
      let isOver = false;
      void hang.finally(() => {
        isOver = true;
      });
      const pid = String(server.workers[0]);
      while (!isOver) {
        const { status, body } = await nginx.fetch('/');
        expect([status, body.toString().split(' ')[0]]).toEqual([200, pid]);
      }
      expect((await hang).status).toBe(504);
      await server.lines.waitFor(/^Respawned core \d of worker 1$/);
      const { lines } = server;
      expect(lines.all).toContain(`*** HARAKIRI ON WORKER 1 (pid: ${pid}, try: 1, graceful: no) ***`);
      expect(lines.matching(/^HARAKIRI \[core \d\] \S* - GET \/hang\?why since \d+$/)).toHaveLength(1);
      expect(lines.matching(/^HARAKIRI triggered by worker 1 core \d !!!$/)).toHaveLength(1);
      expect(lines.matching(/^ {4}at hangHere \(.*hanging\.js:7:\d+\)$/)).toHaveLength(1);
      expect(lines.matching(/^DAMN ! core \d of worker 1 .* died, harakiri :\( trying respawn/)).toHaveLength(
        1,
      );
      expect(server.workers).toEqual([Number(pid)]);
    },
  );

  it('answers its other requests with 503', async () => {
    const { instance, server } = await start();
    const others = [instance.get('/wait'), instance.get('/wait')];
    // Sent after them over the same queue.
    expect((await instance.get('/hang')).status).toBe(504);
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([503, 503]);
    await server.lines.waitFor(/^Respawned core 0 of worker 1$/);
    expect((await instance.get('/')).status).toBe(200);
  });

  it('is found out, too, when it hangs outside of what the server called', async () => {
    const { instance, server } = await start('--harakiri-verbose');
    expect((await instance.get('/hang-later')).status).toBe(504);
    await server.lines.waitFor(/^Respawned core 0 of worker 1$/);
    expect(server.lines.matching(/^ {4}at hangHere/)).toHaveLength(1);
    expect(server.lines.matching(/^HARAKIRI: -- syscall> /)).toHaveLength(1);
  });

  it('in native code takes its process with it, after the requests of the other threads', async () => {
    const { instance, server } = await start('--threads', '2');
    const [pid] = server.workers;
    const native = instance.get('/native');
    await server.lines.waitFor(
      new RegExp(`^core \\d of worker 1 cannot be ended by itself .* \\(pid: ${pid}\\)$`),
    );
    expect((await native).status).toBe(0);
    await server.lines.waitFor(new RegExp(`^DAMN ! worker 1 \\(pid: ${pid}\\) died, killed by signal 9`));
    expect((await instance.get('/')).status).toBe(200);
    expect(server.workers).not.toContain(pid);
  });

  it.each([
    ['node:http', ['--threads', '2'], false],
    ['uWebSockets.js', ['--threads', '1'], true],
  ] as const)('serves HTTP by %s the same way', async (engine, options, isProcess) => {
    const { server } = await start('--http-socket', '127.0.0.1:0', ...options);
    await server.lines.waitFor(new RegExp(`^HTTP is served by ${engine}`));
    const [pid] = server.workers;
    expect(await fetchFrom(server, '/hang')).toEqual({ status: 504, text: '504 Gateway Timeout' });
    await server.lines.waitFor(isProcess ? /^Respawned uWSGI worker 1/ : /^Respawned core \d of worker 1$/);
    expect(server.lines.matching(/^ {4}at hangHere/)).toHaveLength(1);
    expect((await fetchFrom(server, '/')).status).toBe(200);
    expect(server.workers.includes(pid!)).toBe(!isProcess);
  });
});

describe.concurrent('a request that waits', () => {
  it('is ended alone: 504, its signal fires, its thread goes on', async () => {
    const { instance, server } = await start();
    const before = await instance.textOf('/');
    expect((await instance.get('/wait')).status).toBe(504);
    await server.lines.waitFor(/aborted: \/$/);
    await server.lines.waitFor(
      /^HARAKIRI \[core 0\] 127\.0\.0\.1 - GET \/ since \d+: no response .*\.\.\.504; the thread/,
    );
    await server.lines.waitFor(/GET \/ => generated 0 bytes in \d+ msecs \(HTTP\/1\.1 504\)/);
    expect(await instance.textOf('/')).toBe(before);
  });

  it('is reset once its head is out; one that goes on is left alone', async () => {
    const { instance, server } = await start();
    const [half, stream] = await Promise.all([instance.get('/half'), instance.get('/slow-stream')]);
    expect(half.body.toString()).toBe('half ');
    expect(stream.body.toString()).toBe('0 1 2 3 4 ');
    expect(server.lines.matching(/^HARAKIRI .*\.\.\.connection reset; the thread goes on/)).toHaveLength(1);
  });

  it.each([
    ['node:http', ['--threads', '2']],
    ['uWebSockets.js', ['--threads', '1']],
  ] as const)('over HTTP by %s, too', async (_, options) => {
    const { server } = await start('--http-socket', '127.0.0.1:0', ...options);
    const [late, broken, stream] = await Promise.all([
      fetchFrom(server, '/wait'),
      fetchFrom(server, '/half').catch(() => 'broken off'),
      fetchFrom(server, '/slow-stream'),
    ]);
    expect(late.status).toBe(504);
    expect(broken).toBe('broken off');
    expect(stream.text).toBe('0 1 2 3 4');
    await server.lines.waitFor(/aborted: \/wait$/);
    expect(server.lines.matching(/died|Respawned/)).toEqual([]);
  });
});

it.concurrent('with harakiri-queue-threshold a request is ended only while others wait for its place', async () => {
  const instance = await Instance.make();
  await instance.start('--harakiri', '1', '--harakiri-queue-threshold', '1', '--async', '1');
  expect(await instance.textOf('/later', '2500')).toBe('late');
  // A connection that is not accepted yet.
  for (const [path, query] of [
    ['/later', '30000'],
    ['/stuck', ''],
  ] as const) {
    const late = instance.get(path, query);
    expect((await instance.get('/')).status).toBe(200);
    expect((await late).status).toBe(504);
  }
});

it.concurrent('a worker whose control thread does not answer either is killed by the master', async () => {
  const { instance, server } = await start();
  const [pid] = server.workers;
  const cpu = () => Number(statOf(pid!)[11]);
  const before = cpu();
  const stuck = instance.get('/hang');
  // A thread that hangs is seen by what it takes, hundredths of a second.
  await expect.poll(() => cpu() - before, { timeout: 10_000, interval: 20 }).toBeGreaterThan(20);
  process.kill(pid!, 'SIGSTOP');
  await server.lines.waitFor(new RegExp(`^worker 1 \\(pid: ${pid}\\) does nothing about it by itself`));
  await server.lines.waitFor(/^Respawned uWSGI worker 1/);
  expect((await stuck).status).toBe(0);
  expect((await instance.get('/')).status).toBe(200);
});

it.concurrent('a thread whose heap is full is replaced, after its requests have been answered', async () => {
  const { instance, server } = await start('--thread-heap-limit', '48', '--harakiri', '30');
  const pid = server.workers[0];
  const other = instance.get('/wait');
  expect((await instance.get('/heap')).status).toBe(503);
  expect((await other).status).toBe(503);
  await server.lines.waitFor(/^DAMN ! core 0 of worker 1 .* died, its heap is full :\( trying respawn/);
  await server.lines.waitFor(/^Respawned core 0 of worker 1$/);
  expect((await instance.get('/')).status).toBe(200);
  expect(server.workers).toEqual([pid]);
});

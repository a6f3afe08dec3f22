/** Looking into a running server, with real processes: `uwsgi-node traceback`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { CLI, type RunningServer, startServer } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 60_000 });
// They run at the same time: most of it is waiting.
afterAll(cleanUp);

const hanging = fileURLToPath(new URL('../apps/hanging.js', import.meta.url));

async function start(...more: string[]): Promise<{ instance: Instance; server: RunningServer }> {
  const instance = await Instance.make();
  const args = instance.args('--wsgi-file', hanging, '--pidfile', join(instance.folder, 'pid'), ...more);
  return { instance, server: await startServer({ args, cwd: instance.folder }) };
}

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

/** `uwsgi-node TOOL …` */
async function run(args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (bytes) => {
    out += bytes;
  });
  child.stderr.on('data', (bytes) => {
    err += bytes;
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

/** A thread has it, and does nothing else: the next request goes to another one. */
async function isAt(server: RunningServer, path: string): Promise<void> {
  const line = new RegExp(`core \\d: 1 unfinished, the last one \\S* - GET ${path} for`);
  await vi.waitFor(
    () => {
      server.kill('SIGUSR2');
      expect(server.lines.text).toMatch(line);
    },
    { timeout: 20_000 },
  );
}

/** Of each core: the path of its request, if it has one, and the lines below. */
function parse(out: string): [path: string, lines: string[]][] {
  return out
    .split(/^worker 1 \(pid: \d+\) core \d+: /m)
    .slice(1)
    .map((part) => {
      const [head = '', ...lines] = part.trimEnd().split('\n');
      return [/GET (\S+)/.exec(head)?.[1] ?? head, lines.map((line) => line.trim())];
    });
}

describe.concurrent('uwsgi-node traceback', () => {
  it('shows where each thread is: in a loop, in a wait, in native code, in none', async () => {
    const { instance, server } = await start('--threads', '5');
    for (const path of ['/hang', '/atomics', '/native', '/wait']) {
      const vars = requestVars({ PATH_INFO: path, REQUEST_URI: path });
      request(instance.socketPath, { vars }).catch(() => {});
      await isAt(server, path);
    }
    const { code, out } = await run(['traceback', join(instance.folder, 'pid')]);
    const cores = new Map(parse(out));
    expect(code).toBe(0);
    expect([...cores.keys()].sort()).toEqual(['/atomics', '/hang', '/native', '/wait', 'idle']);
    expect(cores.get('/hang')?.[0]).toMatch(/^at hangHere \(.*hanging\.js:7:\d+\)$/);
    expect(cores.get('/atomics')?.[0]).toMatch(/^at \/atomics \(.*hanging\.js:\d+:\d+\)$/);
    expect(cores.get('/native')?.[0]).toMatch(/^the thread does not answer: it is in native code/);
    const idle = 'no JavaScript runs: the thread waits in its event loop';
    expect([cores.get('/wait'), cores.get('idle')]).toEqual([[idle], [idle]]);
    // Whoever was looked at goes on.
    expect((await instance.get('/')).status).toBe(200);
  });

  it('says what is wrong with a target', async () => {
    const { server } = await start();
    const worker = await run(['traceback', String(server.workers[0])]);
    expect([worker.code, worker.err]).toEqual([
      1,
      expect.stringMatching(/: there is no master of uwsgi-node/),
    ]);
    const nothing = await run(['traceback', hanging]);
    expect([nothing.code, nothing.err]).toEqual([1, expect.stringMatching(/there is no pid in it$/m)]);
    expect((await run(['traceback'])).err).toMatch(/^uwsgi-node: usage: uwsgi-node traceback PID/);
  });
});

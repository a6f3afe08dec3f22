/**
 * Looking into a running server, with real processes: `uwsgi-node traceback`, `uwsgi-node profile`. A thread that does not
 * answer in time is shown as one in native code, so nothing else may take the processors meanwhile.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { CLI, type RunningServer, startServer } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 60_000 });
afterEach(cleanUp);

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

describe('uwsgi-node traceback', () => {
  it('shows where each thread is: in a loop, in a wait, in native code, in none', async () => {
    const { instance, server } = await start('--threads', '5');
    for (const path of ['/hang', '/atomics', '/native', '/forever']) {
      const vars = requestVars({ PATH_INFO: path, REQUEST_URI: path });
      request(instance.socketPath, { vars }).catch(() => {});
      await isAt(server, path);
    }
    const { code, out } = await run(['traceback', join(instance.folder, 'pid')]);
    const cores = new Map(parse(out));
    expect(code).toBe(0);
    expect([...cores.keys()].sort()).toEqual(['/atomics', '/forever', '/hang', '/native', 'idle']);
    expect(cores.get('/hang')?.[0]).toMatch(/^at hangHere \(.*hanging\.js:7:\d+\)$/);
    expect(cores.get('/atomics')?.[0]).toMatch(/^at \/atomics \(.*hanging\.js:\d+:\d+\)$/);
    expect(cores.get('/native')?.[0]).toMatch(/^the thread does not answer: it is in native code/);
    const idle = 'no JavaScript runs: the thread waits in its event loop';
    expect([cores.get('/forever'), cores.get('idle')]).toEqual([[idle], [idle]]);
    // Whoever was looked at goes on.
    expect((await instance.get('/')).status).toBe(200);
  });

  it('asks one worker at its socket, as uWSGI does; says what is wrong with a target', async () => {
    const { instance, server } = await start('--processes', '2', '--py-tracebacker', 'tb');
    const second = await run(['traceback', join(instance.folder, 'tb2')]);
    expect(second.out).toMatch(/^worker 2 \(pid: \d+\) core 0: idle\n {4}no JavaScript runs: .*\n$/);
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

describe('uwsgi-node profile', () => {
  it('writes a CPU profile and a heap snapshot of a thread, one that hangs too, while the others serve', async () => {
    const { instance, server } = await start('--profile-dir', '.', '--threads', '2', '--harakiri', '60');
    const pid = String(server.pid);
    instance.get('/hang').catch(() => {});
    const first = run(['profile', pid, '--seconds', '1', '--core', '0']);
    await server.lines.waitFor(/^taking a CPU profile of worker 1 core 0, for 1 second$/);
    expect((await instance.get('/')).status).toBe(200);

    const { code, out } = await first;
    const profile = out.trim();
    expect([code, profile]).toEqual([0, expect.stringMatching(/\/worker-1-core-0-[\d.-]+\.cpuprofile$/)]);
    expect(statSync(profile).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(profile, 'utf8')).nodes[0].callFrame.functionName).toBe('(root)');
    const size = statSync(profile).size;
    expect(server.lines.all).toContain(`CPU profile written to ${profile} (${size} bytes)`);

    const snapshot = (await run(['profile', pid, '--heap', '--core', '1'])).out.trim();
    expect(dirname(snapshot)).toBe(dirname(profile));
    expect(JSON.parse(readFileSync(snapshot, 'utf8')).nodes.length).toBeGreaterThan(10_000);
    // Both threads were looked at, and one of them hangs.
    expect((await instance.get('/')).status).toBe(200);
    expect(server.lines.matching(/HARAKIRI|Respawned/)).toEqual([]);
  });

  it('says why there is none', async () => {
    const { server } = await start('--profile-dir', '/nonexistent');
    const pid = String(server.pid);
    const reasons = await Promise.all(
      [['--heap'], ['--worker', '2'], ['--seconds', 'ten']].map((more) => run(['profile', pid, ...more])),
    );
    expect(reasons.map(({ err }) => err)).toEqual([
      expect.stringMatching(/ENOENT.*\/nonexistent\/worker-1-core-0/),
      expect.stringMatching(/worker 2 does not run$/m),
      expect.stringMatching(/--seconds ten is not a whole number from 1 to 600; usage: /),
    ]);
    expect(server.lines.matching(/^no heap snapshot: ENOENT/)).toHaveLength(1);
  });
});

/** Looking into a running server, with real processes: `uwsgi-node traceback`, `uwsgi-node profile`, `inspect`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { cleanUp, onCleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { freePort } from '../support/nginx.js';
import { CLI, type RunningServer, startServer } from '../support/server.js';
import { type Response, request, requestVars } from '../support/uwsgi-client.js';

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

describe.concurrent('uwsgi-node profile', () => {
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

interface Told {
  id?: number;
  method?: string;
  result?: unknown;
  params?: unknown;
}

/** What DevTools do. */
class Debugger {
  readonly closed: Promise<unknown>;
  readonly #socket: WebSocket;
  readonly #events: Told[] = [];
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = once(socket, 'close');
    socket.on('message', (text) => this.#events.push(JSON.parse(String(text))));
  }

  static async connect(url: string): Promise<Debugger> {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new Debugger(socket);
  }

  async send<Result>(method: string, params: object = {}): Promise<Result> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params }));
    const reply = await this.#find((event) => event.id === id);
    return reply.result as Result;
  }

  async event<Params>(method: string, matches: (params: Params) => boolean = () => true): Promise<Params> {
    const found = await this.#find((event) => event.method === method && matches(event.params as Params));
    return found.params as Params;
  }

  has(method: string): boolean {
    return this.#events.some((event) => event.method === method);
  }

  #find(matches: (event: Told) => boolean): Promise<Told> {
    return vi.waitFor(
      () => {
        const found = this.#events.find(matches);
        if (found === undefined) throw new Error('the debugger has not been told');
        return found;
      },
      { timeout: 20_000 },
    );
  }
}

const DEBUGGED = /^debuggers can connect to worker 2 core 0 \(pid: (\d+)\): (ws:\S+) \(chrome:/;

describe.concurrent('inspect', () => {
  it('lets a debugger into the application of one worker, and into its successor after a reload', async () => {
    const port = await freePort();
    const inspect = [`--inspect=127.0.0.1:${port}`, '--inspect-worker', '2'];
    const { instance, server } = await start('--processes', '2', '--harakiri', '60', ...inspect);
    expect(server.lines.matching(/^debuggers can connect/)).toHaveLength(1);
    expect(server.lines.matching(/^harakiri is off in worker 2/)).toHaveLength(1);
    const [, pid, url] = await server.lines.waitFor(DEBUGGED);
    expect(url).toContain(`ws://127.0.0.1:${port}/`);

    const first = await Debugger.connect(url!);
    await first.send('Debugger.enable');
    const { scriptId } = await first.event<{ scriptId: string; url: string }>(
      'Debugger.scriptParsed',
      (script) => script.url.endsWith('/test/apps/hanging.js'),
    );
    expect(scriptId).not.toBe('');
    const evaluated = await first.send<{ result: { value: unknown } }>('Runtime.evaluate', {
      expression: 'process.pid',
    });
    expect(evaluated.result.value).toBe(Number(pid));
    await first.send('Debugger.setBreakpointByUrl', {
      urlRegex: '/hanging\\.js$',
      lineNumber: readFileSync(hanging, 'utf8')
        .split('\n')
        .findIndex((line) => /startResponse\(/.test(line)),
    });
    // Until the debugged worker gets one; the other one answers at once.
    const answers: Promise<Response>[] = [];
    await vi.waitFor(
      () => {
        answers.push(instance.get('/'));
        expect(first.has('Debugger.paused')).toBe(true);
      },
      { timeout: 20_000 },
    );
    const { callFrames } = await first.event<{ callFrames: { functionName: string }[] }>('Debugger.paused');
    expect(callFrames[0]!.functionName).toBe('application');
    await first.send('Debugger.disable');
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200);

    server.kill('SIGHUP');
    await first.closed;
    await vi.waitFor(() => expect(server.lines.matching(DEBUGGED)).toHaveLength(2), { timeout: 20_000 });
    const [, successor, again] = DEBUGGED.exec(server.lines.matching(DEBUGGED)[1]!)!;
    expect(successor).not.toBe(pid);
    expect(again).toContain(`ws://127.0.0.1:${port}/`);
    const second = await Debugger.connect(again!);
    await second.send('Debugger.enable');
    await second.event<{ url: string }>('Debugger.scriptParsed', (script) => /hanging\.js$/.test(script.url));
    expect(server.lines.matching(/^\*\*\* WARNING: debuggers/)).toEqual([]);
  });

  it('is refused where somebody listens already', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onCleanUp(() => taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const instance = await Instance.make();
    const args = instance.args('--wsgi-file', hanging, `--inspect=${port}`);
    const { code, err } = await run(args);
    expect(code).toBe(1);
    expect(err).toMatch(
      `uwsgi-node: command line: cannot listen on 127.0.0.1:${port} (inspect): bind: Address already in use; another`,
    );
  });
});

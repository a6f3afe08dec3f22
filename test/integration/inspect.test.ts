/** `inspect`: a debugger in one worker of a running server. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { cleanUp, onCleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { freePort } from '../support/ports.js';
import { CLI, startServer } from '../support/server.js';
import type { Response } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 60_000 });
afterEach(cleanUp);

const hanging = fileURLToPath(new URL('../apps/hanging.js', import.meta.url));

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

describe('inspect', () => {
  it('lets a debugger into the application of one worker, and into its successor after a reload', async () => {
    const port = await freePort();
    const inspect = [`--inspect=127.0.0.1:${port}`, '--inspect-worker', '2'];
    const instance = await Instance.make();
    const args = instance.args('--wsgi-file', hanging, '--processes', '2', '--harakiri', '60', ...inspect);
    const server = await startServer({ args, cwd: instance.folder });
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
    const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      `uwsgi-node: command line: cannot listen on 127.0.0.1:${port} (inspect): bind: Address already in use; another`,
    );
  });
});

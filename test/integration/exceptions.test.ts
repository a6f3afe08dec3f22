/** Errors that nobody caught, and what the options make of an application's errors. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { startEngine } from '../support/engine.js';
import type { RunningServer } from '../support/server.js';
import { encodePacket, open, readResponse, request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const to = (path: string) => requestVars({ PATH_INFO: path, REQUEST_URI: path });

describe('an error that nobody caught', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startEngine('uncaught', 'unix');
  });
  afterAll(cleanUp);

  it.each([
    ['/exception', 'uncaught exception', /^RangeError: on purpose: exception$/],
    ['/rejection', 'unhandled rejection', /^TypeError: on purpose: rejection$/],
  ])(
    'ends the thread by default, with the requests that were open in the log: %s',
    async (path, what, stack) => {
      expect((await request(server.address, { vars: to('/') })).status).toBe(200);
      const from = server.lines.position;
      expect((await request(server.address, { vars: to(path) })).status).toBe(503);
      await server.lines.waitFor(new RegExp(`^${what}, with these requests open: GET ${path}$`), { from });
      await server.lines.waitFor(/died, uncaught exception/, { from });
      await server.lines.waitFor(stack, { from });
    },
  );
});

describe('with uncaught-errors = continue', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startEngine('uncaught', 'unix', [
      '--uncaught-errors',
      'continue',
      '--http-socket',
      '127.0.0.1:0',
    ]);
  });
  afterAll(cleanUp);

  it.each([
    ['/exception', /^uncaught exception in GET \/exception$/, /^GET \/exception: RangeError: on purpose/],
    ['/rejection', /^unhandled rejection in GET \/rejection$/, /^GET \/rejection: TypeError: on purpose/],
  ])('ends the request that caused it alone: %s', async (path, line, stack) => {
    const other = await open(server.address);
    other.write(encodePacket(to('/waiting')));
    const answer = readResponse(other);
    const from = server.lines.position;
    const { status, body } = await request(server.address, { vars: to(path) });
    expect([status, body.toString()]).toEqual([500, 'Internal Server Error\n']);
    await server.lines.waitFor(line, { from });
    await server.lines.waitFor(stack, { from });
    await request(server.address, { vars: to('/go-on') });
    expect((await answer).body.toString()).toBe('waited');
  });

  it('breaks off a response that has begun', async () => {
    const from = server.lines.position;
    const { body } = await request(server.address, { vars: to('/after-head') });
    expect(body.toString()).toBe('the first half');
    await server.lines.waitFor(/^GET \/after-head: Error: on purpose: after head$/, { from });
  });

  it('tells the application, whatever was thrown', async () => {
    const from = server.lines.position;
    expect((await request(server.address, { vars: to('/signal') })).status).toBe(500);
    await server.lines.waitFor(/the signal fired$/, { from });
    await server.lines.waitFor(/on purpose: not an error/, { from });
  });

  it('does the same over HTTP', async () => {
    const from = server.lines.position;
    const answer = await fetch(`http://${server.addresses[1]}/exception`);
    expect([answer.status, await answer.text()]).toEqual([500, 'Internal Server Error\n']);
    await server.lines.waitFor(/^uncaught exception in GET \/exception$/, { from });
    await expect(
      fetch(`http://${server.addresses[1]}/after-head`).then((begun) => begun.text()),
    ).rejects.toThrow();
    expect(await (await fetch(`http://${server.addresses[1]}/`)).text()).toBe('fine');
  });

  it('has not lost its thread, and names an error that belongs to no request', async () => {
    expect(server.lines.matching(/DAMN/)).toEqual([]);
    await server.stop();
    expect(
      server.lines.matching(/^uncaught exception outside of any request: Error: on purpose: outside$/),
    ).toHaveLength(1);
  });
});

describe('a request listener, with uncaught-errors = continue', () => {
  let server: RunningServer;
  beforeAll(async () => {
    const args = ['--callable', 'listener', '--app-interface', 'node', '--uncaught-errors', 'continue'];
    server = await startEngine('uncaught', 'unix', args);
  });
  afterAll(cleanUp);

  it.each([
    ['/after-head', 200, 'the first half'],
    ['/elsewhere', 500, 'Internal Server Error\n'],
    ['/', 200, 'fine'],
  ])('goes on: %s', async (path, ...expected) => {
    const { status, body } = await request(server.address, { vars: to(path) });
    expect([status, body.toString()]).toEqual(expected);
    if (path !== '/') await server.lines.waitFor(new RegExp(`closed: ${path}, aborted: true$`));
    expect(server.lines.matching(/DAMN/)).toEqual([]);
  });
});

describe('an error of the application', () => {
  afterEach(cleanUp);

  it('is shown to the client, and has its worker replaced, where the options say so', async () => {
    const args = ['--catch-exceptions', '--reload-on-exception', '--min-worker-lifetime', '0'];
    const server = await startEngine('uncaught', 'unix', args);
    const [worker] = server.workers;
    const { status, body } = await request(server.address, { vars: to('/thrown') });
    expect(status).toBe(500);
    expect(body.toString()).toMatch(/^GET \/thrown\n\nRangeError: on purpose: thrown\n {4}at .*uncaught\.js/);
    await server.lines.waitFor(/^\.\.\. monitored exception detected, respawning worker 1/);
    await server.lines.waitFor(new RegExp(`^worker 1 killed successfully \\(pid: ${worker}\\)$`));
    expect(server.workers).not.toContain(worker);
    expect((await request(server.address, { vars: to('/') })).status).toBe(200);
  });
});

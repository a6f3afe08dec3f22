/** What listeners in the application's thread are told: diagnostics_channel and OpenTelemetry, in the built server. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { startEngine } from '../support/engine.js';
import { READY, type RunningServer } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const traceId = '0af7651916cd43dd8448eb211c80319c';
const HTTP_TRACEPARENT = `00-${traceId}-b7ad6b7169203331-01`;

let server: RunningServer;
beforeAll(async () => {
  server = await startEngine('traced', 'unix', [
    '--http-socket',
    '127.0.0.1:0',
    '--disable-logging',
    '--harakiri',
    '1',
  ]);
});
afterAll(cleanUp);

/** The span that is printed next. */
async function spanAfter(from: number): Promise<Record<string, unknown>> {
  const [, span] = await server.lines.waitFor(/span (\{.*\})$/, { from });
  return JSON.parse(span!);
}

describe('a request', () => {
  it('over uwsgi has a span of the caller’s trace, active in the application, and an end', async () => {
    const from = server.lines.position;
    const vars = requestVars({
      PATH_INFO: '/cart',
      QUERY_STRING: 'id=7',
      HTTP_TRACEPARENT,
      HTTP_HOST: 'shop.example:8443',
      HTTP_USER_AGENT: 'test',
      REMOTE_ADDR: '192.0.2.1',
      HTTPS: 'on',
    });
    expect((await request(server.address, { vars })).body.toString()).toBe(traceId);
    expect(await spanAfter(from)).toEqual({
      name: 'GET',
      kind: 1,
      parent: 'b7ad6b7169203331',
      errors: [],
      attributes: {
        'http.request.method': 'GET',
        'url.scheme': 'https',
        'url.path': '/cart',
        'url.query': 'id=7',
        'server.address': 'shop.example',
        'server.port': 8443,
        'client.address': '192.0.2.1',
        'user_agent.original': 'test',
        'network.protocol.version': '1.1',
        'http.response.status_code': 200,
      },
    });
    await server.lines.waitFor(new RegExp(`end of /cart 200 32 ${traceId} kept true$`), { from });
  });

  it('over HTTP has them, too', async () => {
    const from = server.lines.position;
    const headers = { traceparent: HTTP_TRACEPARENT };
    expect(await (await fetch(`http://${server.addresses[1]}/http`, { headers })).text()).toBe(traceId);
    expect(await spanAfter(from)).toMatchObject({ name: 'GET', attributes: { 'url.path': '/http' } });
    await server.lines.waitFor(new RegExp(`end of /http 200 32 ${traceId} kept true$`), { from });
  });

  it('that fails has its error told', async () => {
    const from = server.lines.position;
    await request(server.address, { vars: requestVars({ PATH_INFO: '/error', REQUEST_METHOD: 'BREW' }) });
    const span = await spanAfter(from);
    expect(span).toMatchObject({ name: 'HTTP', errors: ['TypeError: on purpose'], status: 2 });
    expect(span.attributes).toMatchObject({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'BREW',
      'http.response.status_code': 500,
      'error.type': 'TypeError',
    });
    await server.lines.waitFor(/error of \/error: on purpose$/, { from });
    await server.lines.waitFor(/end of \/error 500 22 none kept true$/, { from });
  });

  it('that takes too long has its harakiri told, whatever it came over', async () => {
    const from = server.lines.position;
    const [packet, http] = await Promise.all([
      request(server.address, { vars: requestVars({ PATH_INFO: '/hang-uwsgi' }) }),
      fetch(`http://${server.addresses[1]}/hang-http`),
    ]);
    expect([packet.status, http.status]).toEqual([504, 504]);
    for (const path of ['/hang-uwsgi', '/hang-http']) {
      await server.lines.waitFor(new RegExp(`harakiri of ${path} true$`), { from });
      await server.lines.waitFor(new RegExp(`end of ${path} 504 `), { from });
    }
  });
});

describe('a thread', () => {
  it('is told whether another takes its place or the server stops', async () => {
    const from = server.lines.position;
    server.kill('SIGHUP');
    await server.lines.waitFor(/told of a reload$/, { from });
    await server.lines.waitFor(READY, { from });
    await server.stop();
    expect(server.lines.matching(/told of a stop$/)).toHaveLength(1);
  });
});

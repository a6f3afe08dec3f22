/** The built server on unix and TCP sockets: every packet of the corpus in every fragmentation, and what is refused. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { invalidPackets, validPackets } from '../packets/corpus.js';
import { encodePacket, type Var } from '../packets/encode.js';
import { expectedVars } from '../packets/environ.js';
import { cleanUp } from '../support/clean-up.js';
import { startEngine, transports } from '../support/engine.js';
import { fragmentations } from '../support/fragments.js';
import type { RunningServer } from '../support/server.js';
import { open, type Response, readResponse, request, sendInPieces } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

describe.each(transports)('over %s', (transport) => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startEngine('environ', transport, ['--socket-timeout', '1']);
  });
  afterAll(cleanUp);

  /** Sends and ends its sending, so that the server does not wait for what never comes. */
  async function send(bytes: Buffer, cut: number | number[] = []): Promise<Response> {
    const socket = await open(server.address);
    const response = readResponse(socket);
    await sendInPieces(socket, bytes, cut);
    socket.end();
    return response;
  }

  describe.each(fragmentations)('a packet that comes %s', (_, cut) => {
    it.each(validPackets().map((packet) => [packet.name, packet] as const))('%s', async (_name, packet) => {
      const { bytes, modifier1, vars, contentLength, body, surplus } = packet;
      // What belongs to nobody must not come after the answer: its sender would find the connection closed.
      const { raw, status, body: answer } = await send(bytes, surplus.length > 0 ? [] : cut(bytes));
      const length = contentLength ?? 0;
      if (modifier1 === 100) {
        expect(raw).toEqual(Buffer.from([100, 0, 0, 1]));
      } else if (modifier1 !== 0 && modifier1 !== 30) {
        expect(raw).toHaveLength(0);
      } else if (body.length < length && length <= 65_536) {
        // The rest of its body never comes.
        expect(raw).toHaveLength(0);
      } else {
        expect(status).toBe(200);
        const seen = JSON.parse(answer.toString()) as { vars: [string, string][]; body: string };
        const environ = new Map(seen.vars.filter(([key]) => !/^(?:u?wsgi)\./.test(key)));
        const expected = expectedVars(vars);
        if (modifier1 === 30) expected.set('PATH_INFO', environ.get('PATH_INFO')!);
        expect(environ).toEqual(expected);
        expect(seen.body).toBe(length <= 65_536 ? body.toString('latin1') : '');
      }
    });

    it.each(invalidPackets().map((packet) => [packet.name, packet] as const))(
      '%s',
      async (_name, { bytes, reason }) => {
        const { raw, status } = await send(bytes, cut(bytes));
        if (reason === 'tls') expect(raw).toHaveLength(0);
        else expect(status).toBe(400);
      },
    );
  });

  it('serves on after all of that, in the same process', async () => {
    expect((await request(server.address)).status).toBe(200);
    expect(server.lines.matching(/DAMN|Respawned/)).toEqual([]);
  });

  it('takes vars of 65 535 bytes and reads them right', async () => {
    const vars: Var[] = [
      ['A', 'x'.repeat(65_535 - 4 - 1 - 5)],
      ['B', ''],
    ];
    const { status, body } = await request(server.address, { vars });
    expect(status).toBe(200);
    expect(JSON.parse(body.toString()).vars).toEqual(
      expect.arrayContaining([
        ['A', vars[0]![1]],
        ['B', ''],
      ]),
    );
  });

  it('says HTTP when HTTP comes, to the client and in the log', async () => {
    const from = server.lines.position;
    const { status, body, header } = await send(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    expect([status, header('Content-Length')]).toEqual([400, String(body.length)]);
    expect(body.toString()).toContain('does not speak HTTP');
    await server.lines.waitFor(/an HTTP request came to a uwsgi socket\.\.\.400; for HTTP use http-socket/, {
      from,
    });
  });

  it('says TLS in the log when TLS comes', async () => {
    const from = server.lines.position;
    const hello = Buffer.from('16030100f8010000f40303', 'hex');
    expect((await send(hello)).raw).toHaveLength(0);
    await server.lines.waitFor(/a TLS handshake came to a uwsgi socket\.\.\.closed/, { from });
  });

  it('names a modifier that it does not serve, and who sent it', async () => {
    const from = server.lines.position;
    await request(server.address, { vars: [['A', 'b']], modifier1: 5 });
    const peer = transport === 'unix' ? 'unix' : '127\\.0\\.0\\.1:\\d+';
    await server.lines.waitFor(new RegExp(`-- unavailable modifier requested: 5 -- \\[peer: ${peer}\\]$`), {
      from,
    });
  });

  it('names a peer that leaves inside a packet', async () => {
    const from = server.lines.position;
    const socket = await open(server.address);
    socket.end(encodePacket([['A', 'b']]).subarray(0, 7));
    await once(socket, 'close');
    await server.lines.waitFor(/closed the connection inside a request, after 7 bytes/, { from });
  });

  it('answers 408 to a peer that falls silent', async () => {
    const socket = await open(server.address);
    const response = readResponse(socket);
    socket.write(encodePacket([['A', 'b']]).subarray(0, 7));
    expect(await response).toMatchObject({ status: 408, reset: false });
    await server.lines.waitFor(/after 1 seconds of silence, 7 bytes had come\.\.\.408/);
  });
});

describe('limits', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startEngine('environ', 'unix', ['--buffer-size', '200', '--limit-post', '100']);
  });
  afterAll(cleanUp);

  it('answer 431 to vars over buffer-size', async () => {
    const vars = (size: number): Var[] => [['A', 'x'.repeat(size - 5)]];
    expect((await request(server.address, { vars: vars(200) })).status).toBe(200);
    expect((await request(server.address, { vars: vars(201) })).status).toBe(431);
    await server.lines.waitFor(/invalid request block size: 201 \(max 200\)\.\.\.431/);
  });

  it('answer 413 to a body over limit-post, also while it is being sent', async () => {
    const post = (size: number) => request(server.address, { vars: [['A', 'b']], body: Buffer.alloc(size) });
    expect((await post(100)).status).toBe(200);
    for (const size of [101, 5_000_000]) {
      const { status, body } = await post(size);
      expect([status, body.toString()]).toEqual([413, 'Content Too Large\n']);
    }
    await server.lines.waitFor(/Invalid \(too big\) CONTENT_LENGTH: 101 \(max 100\)\.\.\.413/);
  });
});

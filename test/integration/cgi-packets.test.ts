/** The built server on a FastCGI and an SCGI socket: every packet of the corpus in every fragmentation. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type FastcgiPacket,
  type FastcgiStep,
  fastcgiPackets,
  type InvalidPacket,
  invalidPackets,
  scgiPackets,
  type ValidPacket,
} from '../packets/corpus.js';
import { type } from '../packets/encode-fastcgi.js';
import { expectedVars } from '../packets/environ.js';
import { cleanUp, makeDirectory } from '../support/clean-up.js';
import { readRecords } from '../support/fastcgi-client.js';
import { fragmentations } from '../support/fragments.js';
import { type RunningServer, startServer } from '../support/server.js';
import { open, parseResponse, type Response, readResponse, sendInPieces } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const app = fileURLToPath(new URL('../apps/environ.js', import.meta.url));
const sockets = { fastcgi: '', scgi: '' };
let server: RunningServer;

beforeAll(async () => {
  const folder = await makeDirectory();
  for (const protocol of ['fastcgi', 'scgi'] as const) sockets[protocol] = join(folder, `${protocol}.sock`);
  const args = ['--fastcgi-socket', sockets.fastcgi, '--scgi-socket', sockets.scgi, '--wsgi-file', app];
  server = await startServer({ args: ['--master', ...args], timeout: 60_000 });
});
afterAll(cleanUp);

/** Sends and ends its sending, so that the server does not wait for what never comes. */
async function send(address: string, bytes: Buffer, cut: number | number[]): Promise<Response> {
  const socket = await open(address);
  const response = readResponse(socket);
  await sendInPieces(socket, bytes, cut);
  socket.end();
  return response;
}

/** A CGI answer as if HTTP had carried it. */
const parseCgi = (output: Buffer): Response =>
  parseResponse(Buffer.concat([Buffer.from('HTTP/1.1 '), output.subarray('Status: '.length)]));

function expectEcho({ status, body }: Response, packet: ValidPacket): void {
  expect(status).toBe(200);
  const seen = JSON.parse(body.toString()) as { vars: [string, string][]; body: string };
  const environ = new Map(seen.vars.filter(([key]) => !/^(?:u?wsgi)\./.test(key)));
  const expected = expectedVars(packet.vars);
  // Without a PATH_INFO the whole path is the application's.
  if (!packet.vars.some(([key]) => key === 'PATH_INFO')) {
    const path = expected.get('SCRIPT_NAME') || expected.get('DOCUMENT_URI') || expected.get('REQUEST_URI');
    expected.set('PATH_INFO', path?.split('?')[0] ?? '');
    expected.set('SCRIPT_NAME', '');
  }
  expect(environ).toEqual(expected);
  expect(seen.body).toBe((packet.contentLength ?? 0) <= 65_536 ? packet.body.toString('latin1') : '');
}

/** What the server sends at a step. */
const answers: Record<FastcgiStep, number[]> = {
  head: [],
  values: [type.getValuesResult],
  'unknown-type': [type.unknown],
  'unknown-role': [type.end],
  multiplexed: [type.end],
  aborted: [type.end],
  end: [type.stdout, type.end],
};

const named = <T extends { name: string }>(packets: T[]) =>
  packets.map((packet) => [packet.name, packet] as const);

describe.each(fragmentations)('a packet that comes %s', (_, cut) => {
  it.each(named(fastcgiPackets()))('%s', async (_name, packet: FastcgiPacket) => {
    const { types, output } = readRecords((await send(sockets.fastcgi, packet.bytes, cut(packet.bytes))).raw);
    expect(types).toEqual(packet.steps.flatMap((step) => answers[step]));
    if (packet.steps.includes('end')) expectEcho(parseCgi(output), packet);
  });

  it.each(named(invalidPackets('fastcgi')))('%s', async (_name, { bytes, reason }: InvalidPacket) => {
    const { raw, status } = await send(sockets.fastcgi, bytes, cut(bytes));
    // A FastCGI peer understands an answer to a request only.
    const hasBegun = bytes[1] === type.begin && bytes[0] === 1 && bytes[5] === 8;
    if (reason === 'http') expect(status).toBe(400);
    else if (hasBegun) expect(parseCgi(readRecords(raw).output).status).toBe(400);
    else expect(raw).toHaveLength(0);
  });

  it.each(named(scgiPackets()))('%s', async (_name, packet: ValidPacket) => {
    const { bytes, surplus } = packet;
    // What belongs to nobody must not come after the answer: its sender would find the connection closed.
    const { raw } = await send(sockets.scgi, bytes, surplus.length > 0 ? [] : cut(bytes));
    expectEcho(parseCgi(raw), packet);
  });

  it.each(named(invalidPackets('scgi')))('%s', async (_name, { bytes, reason }: InvalidPacket) => {
    const { raw, status } = await send(sockets.scgi, bytes, cut(bytes));
    if (reason === 'tls') expect(raw).toHaveLength(0);
    else if (reason === 'http') expect(status).toBe(400);
    else expect(parseCgi(raw).status).toBe(400);
  });
});

it('serves on after all of that, in the same process', () => {
  expect(server.lines.matching(/DAMN|Respawned/)).toEqual([]);
});
